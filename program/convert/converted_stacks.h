// Profiles in the formats of other tools. None of them has values below zero, as the difference of
// two profiles can have: such samples are left out.
#pragma once

#include <string>
#include <vector>

#include "program/profiles/location_frames.h"
#include "program/profiles/profile.h"

namespace program {

// Collapsed stacks, as flame graph scripts read them: "main;parse;read 20", one line a stack,
// sorted.
std::string collapsed_stacks(const Profile& profile, int type);

// A speedscope file with a profile for each sample type; `type` is the one shown first.
std::string speedscope_file(const Profile& profile, int type, const std::string& name);

// The Firefox Profiler's processed format, a thread for each thread that the samples name.
std::string firefox_profile(const Profile& profile, int type, const std::string& name);

// The frames of a sample, from the root.
std::vector<NamedFrame> frames_of(const pprof::Sample& sample, const LocationFrames& frames);

}  // namespace program
