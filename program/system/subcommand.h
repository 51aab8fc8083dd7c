// What main.cc dispatches to: one function and one file for each subcommand.
#pragma once

#include <string>

namespace program {

// Exit status of all subcommands but run.
constexpr int kDone = 0;
constexpr int kCheckFailed = 1;
constexpr int kUsageOrUnreadable = 2;

// argv[0] is the subcommand's name.
int symbolize(int argc, char** argv);
int run(int argc, char** argv);
int recover(int argc, char** argv);
int merge(int argc, char** argv);
int agent(int argc, char** argv);
int dump(int argc, char** argv);
int start(int argc, char** argv);
int stop(int argc, char** argv);
int status(int argc, char** argv);
int report(int argc, char** argv);
int top(int argc, char** argv);
int list(int argc, char** argv);
int traces(int argc, char** argv);
int convert(int argc, char** argv);
int diff(int argc, char** argv);
int compare(int argc, char** argv);

}  // namespace program
