/* Crash points and mutants inside the shim: the C twin of common/base/crash_point.h, which holds the table of names. Test builds only. */
#ifndef PAWL_SHIM_CRASH_H
#define PAWL_SHIM_CRASH_H

#ifdef PAWL_CRASH_POINTS
void pass_crash_point(char const* name); /* PAWL_CRASH_AT=name[:n]: SIGKILL to itself at the n-th passage */
int mutant_active(char const* name);     /* PAWL_MUTANT=name */
#define CRASH_POINT(name) pass_crash_point(name)
#define MUTANT(name) mutant_active(name)
#else
#define CRASH_POINT(name) ((void)0)
#define MUTANT(name) (0)
#endif

#endif
