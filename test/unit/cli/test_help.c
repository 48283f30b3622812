/* Help, manual pages and completion come from one table; these hold for every row of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

static void every_command_is_named_once_and_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &commands[i];
        assert_non_null(c->run);
        assert_true(c->group >= 0 && c->group < GROUP_COUNT);
        assert_true(strlen(c->summary) > 0 && c->summary[strlen(c->summary) - 1] != '.');
        assert_ptr_equal(command_find(c->name), c);
        if (c->alias != NULL) assert_ptr_equal(command_find(c->alias), c);
    }
}

static void every_option_is_stated_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        const struct cli_option *first = command_options(&commands[i]);
        for (const struct cli_option *o = first; o != NULL && o->id != 0; o++)
            for (const struct cli_option *p = first; p < o; p++) {
                bool same_name = o->name != NULL && p->name != NULL && !strcmp(o->name, p->name);
                bool same_letter = o->id < OPTION_LONG && o->id == p->id;
                if (same_name || same_letter)
                    fail_msg("berth %s: --%s is stated twice", commands[i].name, o->name);
            }
    }
}

/* No line is over 80 columns, but for those that cannot be broken. */
static void check_width(const char *name, const char *text)
{
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        int columns = text_columns((struct str){text, (size_t)(end - text)});
        bool is_example = strncmp(text, "  ", 2) == 0 && text[2] != '-' && text[2] != ' ';
        if (columns > 80 && strncmp(text, "usage", 5) != 0 && !is_example)
            fail_msg("help of %s: %d columns: %.*s", name, columns, (int)(end - text), text);
    }
}

static void help_fits_eighty_columns(void **state)
{
    (void)state;
    struct buf text = {0};
    command_help_all(&text);
    check_width("berth", text.p);
    for (size_t i = 0; i < command_count; i++) {
        buf_clear(&text);
        command_help(&commands[i], &text);
        assert_non_null(strstr(text.p, commands[i].name));
        check_width(commands[i].name, text.p);
    }
    buf_release(&text);
}

static void the_overview_names_every_command(void **state)
{
    (void)state;
    struct buf text = {0};
    command_help_all(&text);
    for (size_t i = 0; i < command_count; i++) {
        char line[64];
        snprintf(line, sizeof line, "\n  %s ", commands[i].name);
        if (strstr(text.p, line) == NULL) fail_msg("berth help does not name %s", commands[i].name);
    }
    buf_release(&text);
}

static void manual_pages_have_the_sections_that_man_wants(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        struct buf text = {0};
        command_man(&commands[i], &text);
        assert_int_equal(strncmp(text.p, ".TH \"BERTH\\-", 12), 0);
        assert_non_null(strstr(text.p, "\n.SH NAME\nberth\\-"));
        assert_non_null(strstr(text.p, "\n.SH SYNOPSIS\n"));
        assert_non_null(strstr(text.p, "\n.SH DESCRIPTION\n"));
        assert_non_null(strstr(text.p, "\n.SH EXIT STATUS\n"));
        const struct cli_option *o = command_options(&commands[i]);
        for (; o != NULL && o->id != 0; o++)
            if (o->help != NULL && strchr(o->help, '\n') != NULL)
                fail_msg("berth %s: the help of --%s is not one line", commands[i].name, o->name);
        buf_release(&text);
    }
    struct buf all = {0};
    command_man_all(&all);
    assert_non_null(strstr(all.p, "berth\\-queue (1)"));
    assert_non_null(strstr(all.p, "BERTH_SOCKET"));
    buf_release(&all);
}

static void completion_knows_commands_aliases_and_options(void **state)
{
    (void)state;
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t s = 0; s < 3; s++) {
        struct buf text = {0};
        assert_true(command_completion(shells[s], &text));
        for (size_t i = 0; i < command_count; i++)
            assert_non_null(strstr(text.p, commands[i].name));
        assert_non_null(strstr(text.p, s == 2 ? "-l states" : "--states"));
        buf_release(&text);
    }
    struct buf none = {0};
    assert_false(command_completion("tcsh", &none));
    buf_release(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_named_once_and_described),
        cmocka_unit_test(every_option_is_stated_once),
        cmocka_unit_test(help_fits_eighty_columns),
        cmocka_unit_test(the_overview_names_every_command),
        cmocka_unit_test(manual_pages_have_the_sections_that_man_wants),
        cmocka_unit_test(completion_knows_commands_aliases_and_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
