// Which of the objects that the program began with defines a function or variable, in the order in
// which the loader asks them. dlsym is of no use here: in a program that is not position
// independent it finds the program's own jump to the function, and for a name that no object has it
// allocates.
#pragma once

#include <link.h>

namespace symbol_lookup {

// The function or variable of that name in this object, null if it has none. Context: start.
const void* in(const link_map& map, const char* name);

// Where calls of `name` go that are not bound yet; null if no object has it. Context: start, after
// loader::start().
const void* first(const char* name);

// The definition behind ours, null if there is none. Without locks and allocation where the loader
// tells which object an address is in (glibc 2.35). Context: any, after loader::start().
const void* next(const char* name);

}  // namespace symbol_lookup
