#include "program/agent/members.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using program::birth_of;
using program::Members;

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// A process that waits to be killed.
class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ != 0) return;
    for (;;) pause();
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("a member and those below it belong to the tree, others do not") {
  const Child child, other;
  Members members;
  members.add(child.pid(), birth_of(child.pid()));
  CHECK(members.include(child.pid()));
  CHECK_FALSE(members.include(other.pid()));
  CHECK_FALSE(members.include(getpid()));
  members.add(getpid(), birth_of(getpid()));
  CHECK(members.include(other.pid()));
  CHECK_FALSE(members.include(getppid()));
  CHECK_FALSE(members.include(0));
}

TEST_CASE("a number that is used again is no member, nor is what stands below it") {
  const Child child;
  Members members;
  members.add(child.pid(), birth_of(child.pid()) - kSecond);
  members.add(getpid(), birth_of(getpid()) - kSecond);
  CHECK_FALSE(members.include(child.pid()));
}

TEST_CASE("a child of a member belongs to the tree when both have ended") {
  Members members;
  constexpr int kGone = 4194305;  // above the highest number
  members.add(kGone, 10 * kSecond);
  CHECK(members.include_parent(kGone, 11 * kSecond));
  CHECK_FALSE(members.include_parent(kGone, 9 * kSecond));
  CHECK_FALSE(members.include_parent(kGone + 1, 11 * kSecond));
  members.ended(kGone, 20 * kSecond);
  CHECK(members.include_parent(kGone, 11 * kSecond));
  // Its number was another process's by then.
  CHECK_FALSE(members.include_parent(kGone, 21 * kSecond));
  members.ended(1, 200 * kSecond);
  CHECK_FALSE(members.include_parent(kGone, 11 * kSecond));
}

TEST_CASE("a parent that has a member's number, but was born later, is none") {
  const uint64_t birth_ns = birth_of(getpid());
  Members members;
  members.add(getpid(), birth_ns - 10 * kSecond);
  CHECK(members.include_parent(getpid(), birth_ns - 5 * kSecond));
  CHECK_FALSE(members.include_parent(getpid(), birth_ns + kSecond));
}
