/* check.h - assertions that stay on in production.
 *
 * ASSERT states a fact that only a programming mistake can make false. When it fails the process
 * ends at once: the ledger is the database, so nothing acknowledged is lost, and a wrong state is
 * never written down. Operating errors (bad input, a full disk) are returned, never asserted. */
#ifndef BERTH_BASE_CHECK_H
#define BERTH_BASE_CHECK_H

/* Print the failed condition to stderr and abort. */
_Noreturn void check_failed(const char *condition, const char *file, int line);

/* A place that no correct program reaches; `why` is a string literal. */
#define UNREACHABLE(why) check_failed(why, __FILE__, __LINE__)

#define ASSERT(cond) ((cond) ? (void)0 : check_failed(#cond, __FILE__, __LINE__))

#endif
