// A library whose calls are bound when they are first made.
#include <stdlib.h>

char* allocated_by_library(size_t size) { return malloc(size); }
