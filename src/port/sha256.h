/* sha256.h - SHA-256 (FIPS 180-4), by the machine's fastest means.
 *
 * One function for the whole project, so that the library beneath it (OpenSSL's libcrypto, which
 * uses the processor's SHA instructions where there are any) is named in one file. Why not
 * libsodium: docs/decisions/0040-sha256.md. */
#ifndef BERTH_PORT_SHA256_H
#define BERTH_PORT_SHA256_H

#include "base/str.h"

enum { SHA256_BYTES = 32 };

/* Hash of `parts[0] || ... || parts[count - 1]` into `out`, which may be one of the parts. Any
 * thread. */
void sha256(const struct str *parts, size_t count, unsigned char out[SHA256_BYTES]);

/* The same of one text. */
void sha256_of(struct str text, unsigned char out[SHA256_BYTES]);

#endif
