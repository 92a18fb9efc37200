// The scenarios of the harness, by their names on the command line. `count` is how often each does its thing.
#pragma once

#include <string>
#include <vector>

namespace pawl::harness {

/// Asked to leave a scenario out: its reason is printed, and the program exits with 77.
struct Skipped {
    std::string reason;
};

void double_launches(int count);   ///< two daemons launch every attempt: it is exec'd once
void exec_errors(int count);       ///< errno and the call that failed
void clean_child(int count);       ///< descriptors, environment, signals, files of a step
void revocation(int count);        ///< a revoked launch never starts, also when it races
void damaged_slots(int count);     ///< damage costs one attempt, and is never taken for an exit
void full_disk(int count);         ///< an exit record needs no free space
void statuses_recovered(int count);  ///< children outlive kill -9 of the daemon, and their statuses do too
void away(int count);              ///< timeout and grace hold while no daemon is there
void shim_crashes(int count);      ///< the shim dies at each of its crash points
void daemon_crashes(int count);    ///< the daemon dies at each of its crash points
void shims_killed(int count);      ///< lost within a second, and nothing survives the sweep
void shims_frozen(int count);      ///< a stopped shim is not lost
void trees(int count);             ///< TERM ignored, double fork, setsid: all die
void reap_order(int count);        ///< the group is killed before its leader is reaped
void flood(int mebibytes);         ///< the cap holds to the byte
void protocol_abuse(int count);    ///< stale stop, bad spec, used slot, garbage, a daemon that dies in the middle
void mutants(int count);           ///< every planted fault is caught by its scenario

/// The program as a step: what it does is its first argument.
int act_as_child(std::vector<std::string> const& arguments);
/// The program as a daemon that will be killed.
int act_as_daemon(std::vector<std::string> const& arguments);

}  // namespace pawl::harness
