// What the broker gives to one worker: files that the profile names, and kept answers. It notes
// which files the worker got, since answers hold only as long as those files are the same.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "program/symbols/names_cache.h"
#include "program/system/file_source.h"

namespace program {

class WorkerFiles : public FileSource {
 public:
  WorkerFiles(std::unique_ptr<FileSource> files, const std::string& cache_directory)
      : files_(std::move(files)), cache_(cache_directory) {}

  void begin_worker();
  void begin_profile(bool is_foreign);

  // No objects are declared any more once the worker has got a file of this profile.
  void declare(const ProfileProcess& process, const std::vector<std::string>& objects) override;
  OpenedFile open(const FileRequest& request) override;

  // For the broker itself: what the worker lends to libdw stays there.
  void lend(const std::vector<int>& split_files) override { files_->lend(split_files); }

  // Kept answers hold only if each request that was made for them is answered with the same file.
  RecalledFile recall(const std::string& object, const std::string& build_id) override;
  // Nothing is kept of a worker that has got a file or a profile of a third user, which may have
  // taken the worker over.
  void keep(const std::string& object, const std::string& build_id,
            const std::string& added) override;

  // Path of the last file that the worker got for this profile; empty if none.
  const std::string& last() const { return last_; }

 private:
  struct Object {
    std::string identity;
    bool is_settled = false;
    std::vector<NamesCache::Lookup> lookups;
  };
  bool is_still_true(const std::string& object, const NamesCache::Lookup& then);
  void note(const FileRequest& request, const OpenedFile& opened);

  std::unique_ptr<FileSource> files_;
  NamesCache cache_;
  std::map<std::string, Object> objects_;  // by path; of this worker
  bool has_foreign_input_ = false;         // this worker
  std::set<std::string> declared_;         // for the profile at hand, as are the next two
  bool has_opened_ = false;
  std::string last_;
};

}  // namespace program
