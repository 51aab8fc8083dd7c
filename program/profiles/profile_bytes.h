// Profiles and traces as the bytes of gzip files in memory, and back.
#pragma once

#include <string>

#include "program/profiles/profile.h"

namespace program {

// From and to gzip'd bytes. False if they are no profile that keeps the rules.
bool parse_profile(const std::string& bytes, Profile* profile);
std::string pack_profile(const Profile& profile);
// Whatever gzip'd bytes they are.
bool unpack(const std::string& bytes, std::string* unpacked);
// level: zlib's, 1 (fast) to 9 (small).
std::string pack(const std::string& unpacked, int level = 1);

}  // namespace program
