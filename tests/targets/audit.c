// An auditor of the loader: what is loaded with one is given little room for thread-local memory.
#define _GNU_SOURCE
#include <link.h>

unsigned la_version(unsigned version) { return version; }
