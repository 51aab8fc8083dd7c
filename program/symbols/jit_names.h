// Names for code made at run time, from the perf map of the process that was profiled.
#pragma once

#include <string>

#include "program/profiles/frame.h"
#include "program/profiles/profile.h"
#include "program/profiles/profile_editor.h"
#include "program/system/file_source.h"

namespace program {

// Names the locations that the encoder left as [jit], from the perf map of the process, whose
// number is as the process itself saw it. Where no line has the address it stays [jit]. True if it
// changed anything.
bool name_jit_code(FileSource* files, Profile* profile, ProfileEditor* editor);

// "JS:*f /a/b.js:12:3" is the function "JS:*f" of line 12 of /a/b.js. A name that does not end in a
// place stays whole, and so does one that would be nothing without it: those of all functions
// without a name would add up. system_name is all of it.
Frame jit_frame(const std::string& name);

}  // namespace program
