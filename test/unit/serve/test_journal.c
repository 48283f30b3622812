/* The journal with a store whose appends wait for the test's word: what is durable when, and what
 * is left when a commit fails. */
#include "serve/journal.h"
#include "unit/store/store_util.h"

#include "read/fleet_yaml.h"

#include <poll.h>
#include <pthread.h>

/* ---- a store that waits ---------------------------------------------------------------------- */

/* Passes everything to a SQLite ledger, but holds an append back until `let` is called. */
struct gate {
    struct store base;
    struct store_ops ops;
    struct store *real;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_closed; /* appends wait */
    bool fail_next;
    bool is_other; /* what is read was decided otherwise: nothing ever came of any event */
    int begun, ended; /* appends */
};

static struct gate *gate_of(struct store *s)
{
    return (struct gate *)s;
}

static enum err gate_append(struct store *s, struct store_batch *batch, struct errtext *error)
{
    struct gate *g = gate_of(s);
    pthread_mutex_lock(&g->mutex);
    g->begun++;
    pthread_cond_broadcast(&g->changed);
    while (g->is_closed) pthread_cond_wait(&g->changed, &g->mutex);
    bool fail = g->fail_next;
    g->fail_next = false;
    pthread_mutex_unlock(&g->mutex);
    enum err e = fail ? err_set(error, ERR_IO, "the test's disk is gone")
                      : g->real->ops->append(g->real, batch, error);
    pthread_mutex_lock(&g->mutex);
    g->ended++;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->mutex);
    return e;
}

static enum err gate_head(struct store *s, struct store_head *out, struct errtext *error)
{
    return gate_of(s)->real->ops->head(gate_of(s)->real, out, error);
}

struct reading {
    struct gate *gate;
    store_record_fn *fn;
    void *arg;
};

static bool read_one(void *arg, const struct ledger_record *record)
{
    struct reading *r = arg;
    struct ledger_record told = *record;
    if (r->gate->is_other) told.outcome = STR("\xa0"); /* the empty map */
    return r->fn(r->arg, &told);
}

static enum err gate_read(struct store *s, uint64_t from, uint64_t limit, store_record_fn *fn,
                          void *arg, struct errtext *error)
{
    struct reading r = {gate_of(s), fn, arg};
    return gate_of(s)->real->ops->read(gate_of(s)->real, from, limit, read_one, &r, error);
}

static enum err gate_snapshot(struct store *s, uint64_t at_most, uint64_t *seq_out, struct buf *out,
                              store_warn_fn *warn, void *warn_arg, struct errtext *error)
{
    struct store *real = gate_of(s)->real;
    return real->ops->snapshot_latest(real, at_most, seq_out, out, warn, warn_arg, error);
}

static void gate_close(struct store *s)
{
    gate_of(s)->real->ops->close(gate_of(s)->real);
}

static void gate_init(struct gate *g, const char *dir)
{
    *g = (struct gate){.real = open_ledger(dir, false, NULL)};
    g->ops = (struct store_ops){.version = STORE_OPS_VERSION,
                                .name = "gate",
                                .append = gate_append,
                                .head = gate_head,
                                .read = gate_read,
                                .snapshot_latest = gate_snapshot,
                                .close = gate_close};
    g->base.ops = &g->ops;
    assert_int_equal(pthread_mutex_init(&g->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&g->changed, NULL), 0);
}

/* Appends pass from now on (or wait), the next one with failure. */
static void let(struct gate *g, bool pass, bool fail_next)
{
    pthread_mutex_lock(&g->mutex);
    g->is_closed = !pass;
    g->fail_next = fail_next;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->mutex);
}

static void wait_for_append(struct gate *g, int which)
{
    pthread_mutex_lock(&g->mutex);
    while (g->begun < which) pthread_cond_wait(&g->changed, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
}

/* ---- the journal upon it --------------------------------------------------------------------- */

struct rig {
    char *dir;
    struct gate gate;
    struct journal journal;
};

/* Record 1: without a fleet there is nothing to submit to. */
static void apply_fleet(struct rig *r)
{
    static const char yaml[] = "fleet: t\n"
                               "parties:\n"
                               "  us: {name: Us, country: JP, hq: JP, owners: [], lists: [],"
                               " kinds: []}\n"
                               "sites:\n"
                               "  lab: {country: JP, operator: us, state_funded: false,"
                               " public_hub: false, critical_infrastructure: false}\n"
                               "pools:\n"
                               "  cpu: {site: lab, nodes: 'c[01-02]', cpus_per_node: 8,"
                               " memory_per_node: 8G, partition: [debug], default: true,"
                               " title: {owned: {owner: us, price: '0.10'}}}\n"
                               "tenants:\n"
                               "  us: {party: us, users: ['*'], default: true}\n";
    struct arena arena;
    arena_init(&arena);
    struct yaml_errors errors;
    yaml_errors_init(&errors, &arena);
    struct fleet f = {0};
    struct errtext why = {""};
    if (fleet_yaml_read(str_of(yaml), "fleet", NULL, 0, &arena, &f, &errors) != ERR_NONE)
        yaml_errors_result(&errors, &why);
    assert_string_equal(why.s, "");
    struct event e = {
        .kind = EVENT_FLEET, .actor = STR("test"), .actor_is_operator = true, .fleet = &f};
    assert_int_equal(journal_step(&r->journal, &e, NULL, NULL, &why), ERR_NONE);
    assert_int_equal(journal_commit(&r->journal, &why), ERR_NONE);
    journal_batch_done(&r->journal);
    arena_release(&arena);
}

static struct rig *rig_new(void)
{
    struct rig *r = calloc(1, sizeof *r);
    struct errtext why;
    assert_non_null(r);
    r->dir = new_dir();
    gate_init(&r->gate, r->dir);
    if (journal_open(&r->journal, &r->gate.base, NULL, &why) != ERR_NONE) fail_msg("%s", why.s);
    apply_fleet(r);
    return r;
}

static void rig_free(struct rig *r)
{
    journal_close(&r->journal);
    drop_dir(r->dir);
    free(r);
}

/* A held job: a record without an order to an engine. */
static struct job_id submit(struct rig *r)
{
    struct job_spec spec = {.name = STR("t"),
                            .user = STR("t"),
                            .tenant = STR("us"),
                            .uid = 7,
                            .hold = true,
                            .tasks = 1,
                            .data_known = true,
                            .workdir = STR("/tmp"),
                            .script = STR("#!/bin/sh\n")};
    struct event e = {.kind = EVENT_SUBMIT,
                      .actor = STR("test"),
                      .actor_uid = 7,
                      .actor_is_operator = true,
                      .spec = &spec};
    struct job_id id = {0};
    struct errtext why;
    if (journal_step(&r->journal, &e, &id, NULL, &why) != ERR_NONE) fail_msg("%s", why.s);
    return id;
}

static void must_collect(struct rig *r)
{
    struct errtext why;
    if (journal_collect(&r->journal, &why) != ERR_NONE) fail_msg("%s", why.s);
    journal_batch_done(&r->journal);
}

static uint64_t stored(struct rig *r)
{
    struct store_head head;
    assert_int_equal(r->gate.real->ops->head(r->gate.real, &head, NULL), ERR_NONE);
    return head.seq;
}

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void the_next_batch_is_stepped_while_one_is_on_its_way_to_the_disk(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct journal *j = &r->journal;
    let(&r->gate, false, false);
    for (int i = 0; i < 5; i++) submit(r);
    journal_seal(j);
    wait_for_append(&r->gate, 2);
    struct job_id later = {0};
    for (int i = 0; i < 7; i++) later = submit(r);
    assert_true(journal_is_committing(j) && journal_is_dirty(j));
    assert_false(journal_has_ended(j));
    assert_false(is_readable(journal_fd(j)));
    assert_int_equal(j->head, 13);
    assert_int_equal(j->durable, 1);

    let(&r->gate, true, false);
    must_collect(r);
    assert_false(is_readable(journal_fd(j)));
    assert_int_equal(j->durable, 6);
    assert_int_equal(stored(r), 6);
    assert_true(journal_is_dirty(j) && !journal_is_settled(j));
    assert_non_null(core_job(j->core, later));

    journal_seal(j);
    must_collect(r);
    assert_int_equal(j->durable, 13);
    assert_int_equal(stored(r), 13);
    assert_true(journal_is_settled(j));
    rig_free(r);
}

static void a_failed_commit_takes_back_what_was_stepped_on_top_of_it(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct journal *j = &r->journal;
    struct errtext why = {""};
    struct job_id first = submit(r);
    assert_int_equal(journal_commit(j, &why), ERR_NONE);
    journal_batch_done(j);

    let(&r->gate, false, false);
    struct job_id lost = submit(r);
    journal_seal(j);
    wait_for_append(&r->gate, 3);
    struct job_id on_top = submit(r);
    assert_non_null(core_job(j->core, lost));
    let(&r->gate, true, true);
    assert_int_equal(journal_collect(j, &why), ERR_IO);
    assert_string_equal(why.s, "the test's disk is gone");
    assert_true(journal_is_settled(j));
    assert_int_equal(j->head, 2);
    assert_int_equal(j->durable, 2);
    assert_int_equal(stored(r), 2);
    assert_non_null(core_job(j->core, first));
    assert_null(core_job(j->core, lost));
    assert_null(core_job(j->core, on_top));

    /* The ids and the numbers are given anew: nobody was told of them. */
    assert_int_equal(submit(r).v, lost.v);
    assert_int_equal(journal_commit(j, &why), ERR_NONE);
    journal_batch_done(j);
    assert_int_equal(stored(r), 3);
    rig_free(r);
}

static void a_thousand_batches_by_turns_are_one_ledger(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct journal *j = &r->journal;
    struct errtext why = {""};
    uint64_t want = j->durable, refused = 0;
    for (int i = 0; i < 1000; i++) {
        bool fail = i % 97 == 13;
        for (int k = i % 5; k >= 0; k--) submit(r);
        if (journal_is_committing(j)) {
            bool was_good = journal_collect(j, &why) == ERR_NONE;
            if (was_good) {
                journal_batch_done(j);
                want = j->durable;
            } else {
                refused++;
                assert_int_equal(j->head, want);
                continue;
            }
        }
        let(&r->gate, true, fail);
        if (i % 3 == 0) {
            if (journal_commit(j, &why) == ERR_NONE)
                journal_batch_done(j);
            else
                refused++;
            want = j->durable;
        } else {
            journal_seal(j);
        }
    }
    if (journal_is_committing(j)) must_collect(r);
    assert_true(refused > 5);
    assert_int_equal(stored(r), j->durable);
    assert_int_equal(j->stats.records, j->durable);

    /* The same state comes out of the ledger alone. */
    struct core_counts live, again;
    core_counts(j->core, &live);
    uint64_t head = j->durable;
    journal_close(j);
    gate_init(&r->gate, r->dir);
    assert_int_equal(journal_open(j, &r->gate.base, NULL, &why), ERR_NONE);
    core_counts(j->core, &again);
    assert_int_equal(j->head, head);
    assert_int_equal(again.by_state[JOB_PENDING], live.by_state[JOB_PENDING]);
    rig_free(r);
}

static void a_close_waits_for_the_commit_under_way_and_drops_what_is_open(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    submit(r);
    journal_seal(&r->journal);
    submit(r);
    journal_close(&r->journal);
    struct errtext why;
    gate_init(&r->gate, r->dir);
    assert_int_equal(journal_open(&r->journal, &r->gate.base, NULL, &why), ERR_NONE);
    assert_int_equal(r->journal.head, 2);
    rig_free(r);
}

static void a_ledger_that_was_decided_otherwise_is_not_gone_on_with(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct errtext why = {""};
    submit(r);
    assert_int_equal(journal_commit(&r->journal, &why), ERR_NONE);
    journal_batch_done(&r->journal);
    journal_close(&r->journal);
    gate_init(&r->gate, r->dir);
    r->gate.is_other = true;
    assert_int_equal(journal_open(&r->journal, &r->gate.base, NULL, &why), ERR_CORRUPT);
    assert_non_null(strstr(why.s, "record 2 was decided by a release that decides otherwise"));
    assert_non_null(strstr(why.s, "stop it with SIGTERM"));
    r->gate.base.ops->close(&r->gate.base);

    /* It is as it was. */
    gate_init(&r->gate, r->dir);
    assert_int_equal(journal_open(&r->journal, &r->gate.base, NULL, &why), ERR_NONE);
    assert_int_equal(r->journal.head, 2);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_batch_is_stepped_while_one_is_on_its_way_to_the_disk),
        cmocka_unit_test(a_failed_commit_takes_back_what_was_stepped_on_top_of_it),
        cmocka_unit_test(a_thousand_batches_by_turns_are_one_ledger),
        cmocka_unit_test(a_close_waits_for_the_commit_under_way_and_drops_what_is_open),
        cmocka_unit_test(a_ledger_that_was_decided_otherwise_is_not_gone_on_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
