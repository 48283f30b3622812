/* The history of ended jobs in the SQLite ledger. */
#include "store/sqlite_impl.h"

#include "base/check.h"

#include <string.h>

enum err sqlite_history_insert(struct sqlite_store *s, const struct history_row *r,
                               struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_HISTORY_INSERT, &e, error);
    if (st == NULL) return e;
    const int64_t before_text[] = {r->job, r->array_job, r->array_task, r->uid};
    const struct str texts[] = {r->user, r->account, r->name, r->partition, r->state};
    const int64_t after_text[] = {r->submit_ms, r->start_ms,    r->end_ms,
                                  r->exit_code, r->exit_signal, r->chips};
    int column = 1;
    for (size_t i = 0; i < sizeof before_text / sizeof *before_text; i++)
        sqlite3_bind_int64(st, column++, before_text[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sqlite_bind_str(st, column++, texts[i]);
    for (size_t i = 0; i < sizeof after_text / sizeof *after_text; i++)
        sqlite3_bind_int64(st, column++, after_text[i]);
    sqlite_bind_str(st, column++, r->nodes);
    sqlite3_bind_int64(st, column++, r->cost_uusd);
    sqlite_bind_bytes(st, column, r->blob);
    return sqlite_run(s, st, "appending to the history", error);
}

static void put_job_list(struct buf *sql, const uint32_t *jobs, size_t count)
{
    buf_putc(sql, '(');
    for (size_t i = 0; i < count; i++) buf_printf(sql, "%s%u", i > 0 ? "," : "", jobs[i]);
    buf_putc(sql, ')');
}

static void build_query(const struct history_filter *f, struct buf *sql)
{
    buf_puts(sql, "SELECT job, array_job, array_task, uid, user, account, name, partition, state,"
                  " submit_ms, start_ms, end_ms, exit_code, exit_signal, chips, nodes, cost_uusd,"
                  " more FROM history WHERE 1");
    if (f->job_count > 0) {
        buf_puts(sql, " AND (job IN ");
        put_job_list(sql, f->jobs, f->job_count);
        buf_puts(sql, " OR (array_job > 0 AND array_job IN ");
        put_job_list(sql, f->jobs, f->job_count);
        buf_puts(sql, "))");
    }
    if (f->after > 0) buf_printf(sql, " AND job > %u", f->after);
    if (f->by_uid) buf_printf(sql, " AND uid = %u", f->uid);
    if (f->user.len > 0) buf_puts(sql, " AND user = ?1");
    if (f->account.len > 0) buf_puts(sql, " AND account = ?2");
    if (f->name.len > 0) buf_puts(sql, " AND name = ?3");
    if (f->partition.len > 0) buf_puts(sql, " AND partition = ?4");
    for (size_t i = 0; i < f->state_count; i++)
        buf_printf(sql, "%s ?%zu", i == 0 ? " AND state IN (" : ",", 5 + i);
    if (f->state_count > 0) buf_putc(sql, ')');
    if (f->from_ms != 0) buf_printf(sql, " AND end_ms >= %lld", (long long)f->from_ms);
    if (f->to_ms != 0) buf_printf(sql, " AND submit_ms < %lld", (long long)f->to_ms);
    buf_puts(sql, " ORDER BY job");
    if (f->limit > 0 && f->limit <= INT64_MAX) buf_printf(sql, " LIMIT %lld", (long long)f->limit);
}

static void bind_filter(sqlite3_stmt *st, const struct history_filter *f)
{
    const struct str texts[] = {f->user, f->account, f->name, f->partition};
    for (int i = 0; i < 4; i++)
        if (texts[i].len > 0) sqlite_bind_str(st, 1 + i, texts[i]);
    for (size_t i = 0; i < f->state_count; i++) sqlite_bind_str(st, 5 + (int)i, f->states[i]);
}

static void read_row(sqlite3_stmt *st, struct history_row *r)
{
    *r = (struct history_row){
        .job = (uint32_t)sqlite3_column_int64(st, 0),
        .array_job = (uint32_t)sqlite3_column_int64(st, 1),
        .array_task = (uint32_t)sqlite3_column_int64(st, 2),
        .uid = (uint32_t)sqlite3_column_int64(st, 3),
        .user = sqlite_bytes(st, 4),
        .account = sqlite_bytes(st, 5),
        .name = sqlite_bytes(st, 6),
        .partition = sqlite_bytes(st, 7),
        .state = sqlite_bytes(st, 8),
        .submit_ms = sqlite3_column_int64(st, 9),
        .start_ms = sqlite3_column_int64(st, 10),
        .end_ms = sqlite3_column_int64(st, 11),
        .exit_code = sqlite3_column_int(st, 12),
        .exit_signal = sqlite3_column_int(st, 13),
        .chips = (uint32_t)sqlite3_column_int64(st, 14),
        .nodes = sqlite_bytes(st, 15),
        .cost_uusd = sqlite3_column_int64(st, 16),
        .blob = sqlite_bytes(st, 17),
    };
}

enum err sqlite_history_query(struct store *base, const struct history_filter *filter,
                              store_history_fn *fn, void *arg, struct errtext *error)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    if (filter->job_count > STORE_FILTER_LIST_MAX || filter->state_count > STORE_FILTER_LIST_MAX)
        return err_set(error, ERR_LIMIT, "at most %d jobs or states may be named in one question",
                       STORE_FILTER_LIST_MAX);
    struct buf sql = {0};
    build_query(filter, &sql);
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql.p, (int)sql.len, &st, NULL);
    if (rc == SQLITE_OK) {
        bind_filter(st, filter);
        while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
            struct history_row row;
            read_row(st, &row);
            if (!fn(arg, &row)) break;
        }
    }
    enum err e = ERR_NONE;
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        e = sqlite_error(s, rc, "reading the history", error);
    sqlite3_finalize(st);
    buf_release(&sql);
    return e;
}
