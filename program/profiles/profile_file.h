// A pprof file on disk: read as hostile input, replaced whole or not at all.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "program/profiles/profile.h"

namespace program {

class ProfileFile {
 public:
  // False, and what is wrong without the path in *error, if it cannot be read or breaks a rule.
  bool read(const std::string& path, std::string* error);

  // The same for whatever gzip'd file it is, as bytes.
  bool read_bytes(const std::string& path, std::string* bytes, std::string* error);
  bool parse(const std::string& bytes, std::string* error);

  // Context: after it was read.
  bool is_foreign() const { return status_.st_uid != 0 && status_.st_uid != geteuid(); }

  // Writes the profile, gzip'd, under a temporary name in the same directory and renames it over
  // the file, with the old file's owner and mode. Refused if the file is another than the one read.
  bool replace(std::string* error) const;
  bool replace_bytes(const std::string& bytes, std::string* error) const;

  Profile& profile() { return profile_; }

 private:
  std::string path_;  // without symbolic links: the file is replaced, never the link
  struct stat status_ {};
  Profile profile_;
};

// Bytes that are gzip'd no more. False, and why, if they are no profile or one that breaks a rule.
bool parse_unpacked(const std::string& bytes, Profile* profile, std::string* error);

// Writes a profile, gzip'd, under a temporary name in the same directory and renames it. False, and
// why without the path, if it cannot be; then whatever had the name has it still. What is no
// regular file is not replaced. `mode`: the file's permissions, whatever the umask.
bool write_profile(const Profile& profile, const std::string& path, mode_t mode,
                   std::string* error);

// What a user calls the number of samples: ticks where they are counted, else distinct samples.
int64_t sample_count(const Profile& profile);

}  // namespace program
