// Messages between the broker and its worker: a kind, some words, and a descriptor at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace program {

struct Message {
  enum Kind : uint32_t {
    kWanted,  // to the keeper: a worker
    kWorker,  // from the keeper: its socket; what the sandbox lacks
    kEnded,   // from the keeper: wait status of the last worker
    kName,    // to the worker: profile, "1" if names are wanted, level, milliseconds, "1" if gzip'd
    kLine,    // from the worker: level, line
    kDeclare,  // from the worker: process id, when it was there, paths of objects
    kOpen,     // from the worker: kind, object, name, number, address
    kFile,  // to the worker: path, problem, "1" if there are more places, note, "1" if partial; the
            // descriptor
    kRecall,    // from the worker: object, build id
    kRecalled,  // to the worker: "1" if there is a cache, "1" if the object is settled, index,
                // offset of the pieces; descriptor
    kKeep,      // from the worker: object, build id, answers
    kNamed,     // from the worker: outcome, samples, profile or problem, objects without names,
                // "1" if it ends
  };
  uint32_t kind = kWanted;
  std::vector<std::string> words;
  int fd = -1;
};

using Deadline = std::chrono::steady_clock::time_point;
constexpr Deadline kNoDeadline = Deadline::max();

// False if the other side is gone, breaks the form, or (with a deadline) takes too long.
bool send_message(int socket, const Message& message, Deadline deadline = kNoDeadline);
bool receive_message(int socket, Message* message, Deadline deadline = kNoDeadline);

// The number that a word stands for; 0 if it is none.
int64_t number_in(const std::string& word);

}  // namespace program
