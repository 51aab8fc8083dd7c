#include "env/safe/thread_state.h"

__thread ThreadState thread_state;
