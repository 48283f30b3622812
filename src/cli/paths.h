/* paths.h - where Berth's files lie, by environment and convention.
 *
 * Every function returns text that stays valid and unchanged for the life of the process; the
 * environment is read at the first call. Nothing is created here. */
#ifndef BERTH_CLI_PATHS_H
#define BERTH_CLI_PATHS_H

/* The daemon's folder (ledger, keys, socket): $BERTH_STATE; for root /var/lib/berth; else
 * $XDG_STATE_HOME/berth or ~/.local/state/berth. */
const char *path_state(void);

/* The socket of the daemon that keeps this state folder: /run/berth/berth.sock for the machine's
 * (/var/lib/berth), because every user must reach it and the folder is private; else berth.sock in
 * the folder. Valid until the next call. */
const char *path_socket_of(const char *state);
/* The daemon's unix socket: $BERTH_SOCKET; else that of path_state(); when that does not exist and
 * the machine's does, that one. */
const char *path_socket(void);

/* The folder of rule packs: $BERTH_LAW; else the first that exists of ./law, ../law and
 * ../share/berth/law beside the executable; else PREFIX/share/berth/law. */
const char *path_law(void);

/* The folder of catalogues (chips, countries, prices): $BERTH_DATA, else searched like the law. */
const char *path_data(void);

/* The folder of examples: ../examples or ../share/berth/examples beside the executable, else
 * PREFIX/share/berth/examples. Not one in the folder where the user happens to be: they are run. */
const char *path_examples(void);

/* This executable, "" unknown. */
const char *path_executable(void);

#endif
