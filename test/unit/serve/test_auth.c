#include "serve/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct dir {
    char path[64], tokens[96];
};

static int setup(void **state)
{
    struct dir *d = calloc(1, sizeof *d);
    snprintf(d->path, sizeof d->path, "/tmp/berth-auth-XXXXXX");
    assert_non_null(mkdtemp(d->path));
    snprintf(d->tokens, sizeof d->tokens, "%s/tokens", d->path);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    struct dir *d = *state;
    unlink(d->tokens);
    rmdir(d->path);
    free(d);
    return 0;
}

static void write_tokens(const struct dir *d, const char *text, mode_t mode)
{
    int fd = open(d->tokens, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void the_first_start_makes_a_private_operator_token(void **state)
{
    struct dir *d = *state;
    struct auth a;
    struct errtext e;
    assert_int_equal(auth_load(&a, d->path, &e), ERR_NONE);
    struct stat st;
    assert_int_equal(stat(d->tokens, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *f = fopen(d->tokens, "r");
    char role[16], token[128], header[160];
    unsigned uid = 0;
    assert_non_null(fgets(header, sizeof header, f));
    assert_int_equal(fscanf(f, "%15s %u %127s", role, &uid, token), 3);
    fclose(f);
    snprintf(header, sizeof header, "Bearer %s", token);
    struct peer p = auth_peer_of_header(&a, header);
    assert_true(p.known && p.is_operator);
    assert_int_equal(p.uid, getuid());
    header[strlen(header) - 1] ^= 1;
    assert_false(auth_peer_of_header(&a, header).known);
    assert_false(auth_peer_of_header(&a, token).known);
    assert_false(auth_peer_of_header(&a, NULL).known);
    auth_release(&a);
}

static void a_user_token_is_no_operator(void **state)
{
    struct dir *d = *state;
    struct auth a;
    struct errtext e;
    write_tokens(d, "# comment\n\nuser 1001 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 0600);
    assert_int_equal(auth_load(&a, d->path, &e), ERR_NONE);
    struct peer p = auth_peer_of_header(&a, "Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_true(p.known && !p.is_operator && p.uid == 1001);
    auth_release(&a);
}

static void a_readable_token_file_is_refused(void **state)
{
    struct dir *d = *state;
    struct auth a;
    struct errtext e;
    write_tokens(d, "", 0644);
    assert_int_equal(auth_load(&a, d->path, &e), ERR_DENIED);
    assert_non_null(strstr(e.s, "chmod 600"));
}

static void bad_lines_are_named(void **state)
{
    static const char *const bad[] = {"root 0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
                                      "user x aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
                                      "user 1 short\n", "user 1\n", "\n\nuser 1 a b c\n"};
    struct dir *d = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct auth a;
        struct errtext e;
        write_tokens(d, bad[i], 0600);
        assert_int_equal(auth_load(&a, d->path, &e), ERR_INVALID);
        assert_non_null(strstr(e.s, i < 4 ? "tokens:1:" : "tokens:3:"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_start_makes_a_private_operator_token, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_user_token_is_no_operator, setup, teardown),
        cmocka_unit_test_setup_teardown(a_readable_token_file_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_lines_are_named, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
