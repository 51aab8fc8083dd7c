#include "env/sys/thread_state.h"

__thread ThreadState thread_state;
