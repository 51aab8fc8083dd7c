// Lines on stderr: one line, one write, "profiler: " in front.
#pragma once

#include <string>

namespace program {

enum class Level { kQuiet, kError, kInfo, kDebug };

// What PROFILER_LOG says; without it, or if it is misspelt, info on a terminal and error elsewhere.
Level level_of(const char* value);

void set_level(Level level);
Level level();
bool says(Level level);

// Control characters become '?', so that a name in a hostile file cannot steer the terminal.
std::string printable(const std::string& text);

// One line, printable.
void say(Level level, const std::string& line);

// From here on lines go there instead: a process that has no stderr of its own.
void send_lines_to(void (*sink)(Level level, const std::string& line));

// Shows how far long work is, in place, on a terminal alone; an empty text wipes it.
void show_progress(const std::string& text);

}  // namespace program
