/* Read any bytes as a key, a note, a checkpoint and a proof. Nothing may crash or leak; what is
 * accepted must be written again as it was read, and nothing may count as signed or proven, since
 * the key is made here. */
#include "base/check.h"
#include "store/audit.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_keys(struct str in)
{
    struct note_key key;
    struct note_signer signer;
    struct buf again = {0};
    if (note_key_parse(in, &key, NULL) == ERR_NONE)
        note_key_format(&key, &again);
    else if (note_signer_parse(in, &signer, NULL) == ERR_NONE)
        note_signer_format(&signer, &again);
    ASSERT(again.len == 0 || str_eq(buf_str(&again), in));
    buf_release(&again);
}

static void try_note(struct str in)
{
    static const struct note_key key = {.name = "example.org/fuzz", .id = 0x01020304};
    struct str text, rest;
    struct checkpoint c;
    ASSERT(note_open(in, &key, 1, &text, NULL) != ERR_NONE);
    if (note_split(in, &text, &rest, NULL) == ERR_NONE) {
        ASSERT(text.len + 1 + rest.len == in.len);
        (void)checkpoint_parse(text, &c, NULL);
    }
    if (checkpoint_parse(in, &c, NULL) != ERR_NONE) return;
    struct buf again = {0};
    checkpoint_format(&c, &again);
    ASSERT(again.len <= in.len && str_eq(buf_str(&again), (struct str){in.p, again.len}));
    buf_release(&again);
}

static void try_proof(struct str in)
{
    static const struct note_key key = {.name = "example.org/fuzz", .id = 0x01020304};
    struct audit_evidence evidence;
    struct tlog_proof p;
    ASSERT(audit_check_proof(in, &key, &evidence, NULL) != ERR_NONE);
    if (tlog_proof_parse(in, &p, NULL) == ERR_NONE) {
        struct buf again = {0};
        tlog_proof_format(&p, &again);
        ASSERT(str_eq(buf_str(&again), in));
        buf_release(&again);
    }
    tlog_proof_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data, size};
    try_keys(in);
    try_note(in);
    try_proof(in);
    return 0;
}
