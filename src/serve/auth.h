/* auth.h - who a request comes from: the uid of a unix-socket peer, or a bearer token over TCP.
 *
 * Tokens stand in STATE/tokens, created private (0600) at first start with one operator token; a
 * line is `ROLE UID TOKEN`, ROLE being "operator" or "user", TOKEN at least 32 characters. Lines
 * that begin with # are comments. Tokens are compared in constant time and never logged. */
#ifndef BERTH_SERVE_AUTH_H
#define BERTH_SERVE_AUTH_H

#include "serve/op.h"

enum { AUTH_TOKENS_MAX = 1000, AUTH_TOKEN_LEN_MIN = 32, AUTH_TOKEN_LEN_MAX = 128 };

struct auth {
    struct auth_token *tokens;
    uint32_t count;
    uint32_t daemon_uid;
};

/* Read STATE_DIR/tokens, making it when absent. Refuses a file that others may read. */
enum err auth_load(struct auth *a, const char *state_dir, struct errtext *error);
void auth_release(struct auth *a);

struct peer auth_peer_of_uid(const struct auth *a, uint32_t uid);
/* `header` is the value of Authorization, or NULL. */
struct peer auth_peer_of_header(const struct auth *a, const char *header);

#endif
