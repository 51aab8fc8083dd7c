// main's return: with exit's entry, the moment at which what is in use stands still (heap.h).
#include "collectors/heap.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/recorder/recorder.h"

namespace {

using Main = int(int, char**, char**);

// Written before main begins, by its thread.
Main* program_main;

int run_main(int argc, char** argv, char** environment) {
  const int status = program_main(argc, argv, environment);
  recorder::end_begins();
  return status;
}

}  // namespace

extern "C" {

// Called by the program's first instructions, after all constructors of libraries. The tail jump
// leaves no frame of ours, and only a recorded heap puts one below main.
EXPORT int __libc_start_main(Main* main, int argc, char** argv, void (*init)(), void (*fini)(),
                             void (*loader_fini)(), void* stack_end) {
  real::resolve();
  if (heap::is_recording()) {
    program_main = main;
    main = run_main;
  }
  return real::__libc_start_main(main, argc, argv, init, fini, loader_fini, stack_end);
}

}  // extern "C"
