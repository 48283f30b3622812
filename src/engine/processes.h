/* processes.h - which processes belong to an attempt, read from /proc, and how they are ended. */
#ifndef BERTH_ENGINE_PROCESSES_H
#define BERTH_ENGINE_PROCESSES_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    pid_t pid, parent, session;
    bool is_zombie;
    bool chosen; /* working mark of the functions below */
};

/* Signal every living descendant of the calling process, `except` (0: none) left out. As the caller
 * is a subreaper, processes that daemonized are descendants still. Returns how many were signalled.
 */
uint32_t descendants_signal(int signal_number, pid_t except);

/* True when the process has a handler for the signal, so that it would not die of it. */
bool process_catches(pid_t pid, int signal_number);

/* KILL what is left of a job whose supervisor died: members of the session that the supervisor led,
 * and processes with BERTH_MARK=mark in their environment. The session counts only while no living
 * process has its number: the kernel does not give a number away while a session bears it, so a
 * living leader is somebody else's. Returns how many live; call again until 0. */
uint32_t stragglers_kill(pid_t session, const char *mark);

#endif
