#include "collectors/threads/labels.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include "collectors/life/thread.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"
#include "tests/unit/tables/open_tables.h"

namespace {

using Set = std::map<std::string, std::string>;

Set set_of(layout::Ref ref) {
  Set set;
  if (ref == 0) return set;
  const auto& labels = *tables::made<layout::LabelSet>(ref);
  const auto text = [](layout::Ref r) {
    const auto& t = *tables::made<layout::Text>(r);
    return std::string(t.bytes, t.length);
  };
  for (uint32_t i = 0; i < labels.count; i++) {
    const layout::Label& label = labels.labels[i];
    set[text(label.key)] = label.text == 0 ? std::to_string(label.number) : text(label.text);
  }
  return set;
}

Set with_own(Set labels) {
  labels["thread"] = "main";
  labels["tid"] = std::to_string(gettid());
  return labels;
}

struct Fixture {
  OpenTables open{16 << 20};
  Thread* thread;
  Fixture() : thread(threads::acquire()) {
    threads::begin_main(*thread);
    threads::named("main");
    labels::clear({});
  }
  ~Fixture() { threads::end(*thread); }
};

}  // namespace

TEST_CASE("labels are set, replaced and cleared, beside the thread's name") {
  Fixture fixture;
  CHECK(set_of(labels::here()) == with_own({}));
  CHECK(labels::of_host_here() == 0);
  CHECK(labels::set("a", "1") == 0);
  CHECK(labels::set("b", "2") == 0);
  CHECK(set_of(labels::here()) == with_own({{"a", "1"}, {"b", "2"}}));
  CHECK(set_of(labels::of_host_here()) == Set{{"a", "1"}, {"b", "2"}});
  CHECK(labels::set("a", "3") == 0);
  CHECK(set_of(labels::of_host_here()) == Set{{"a", "3"}, {"b", "2"}});
  CHECK(labels::set("b", "") == 0);
  CHECK(set_of(labels::of_host_here()) == Set{{"a", "3"}});
  CHECK(labels::clear("never set") == 0);
  CHECK(labels::clear({}) == 0);
  CHECK(labels::of_host_here() == 0);
  CHECK(set_of(labels::here()) == with_own({}));
}

TEST_CASE("the same labels are one entry of the tables, and those without a sample are none") {
  Fixture fixture;
  labels::set("a", "1");
  const layout::Ref first = labels::here();
  const uint64_t used = tables::header().used;
  for (int i = 0; i < 1000; i++) labels::set("a", std::to_string(i));
  CHECK(tables::header().used == used);
  labels::set("a", "1");
  CHECK(labels::here() == first);
}

TEST_CASE("a thread begins with what its creator has, and goes its own way") {
  Fixture fixture;
  labels::set("a", "1");
  Thread* child = threads::acquire();
  labels::inherit(*child);
  labels::set("a", "2");
  thread_state.thread = child;
  CHECK(set_of(labels::of_host_here()) == Set{{"a", "1"}});
  labels::set("own", "x");
  CHECK(set_of(labels::of(*fixture.thread)) == with_own({{"a", "2"}}));
  thread_state.thread = fixture.thread;
  labels::clear({});
  // The record is another thread's next, whose creator has none.
  labels::inherit(*child);
  labels::named(*child, 0);
  thread_state.thread = child;
  CHECK(labels::of_host_here() == 0);
  thread_state.thread = fixture.thread;
  threads::release(*child);
}

TEST_CASE("wrong labels are refused, and the old ones stay") {
  Fixture fixture;
  labels::set("a", "1");
  for (const char* key : {"", "thread", "tid", "bytes", "pprof::base"}) {
    CHECK(labels::set(key, "x") == EINVAL);
  }
  CHECK(labels::set(std::string(256, 'k'), "x") == EINVAL);
  CHECK(labels::set("k", std::string(256, 'v')) == EINVAL);
  for (int i = 0; i < 15; i++) CHECK(labels::set("k" + std::to_string(i), "x") == 0);
  CHECK(labels::set("one too many", "x") == ENOSPC);
  CHECK(set_of(labels::of_host_here()).size() == 16);
  labels::clear({});
  for (int i = 0; i < 6; i++) {
    CHECK(labels::set(std::string(150, static_cast<char>('a' + i)), std::string(130, 'v')) == 0);
  }
  CHECK(labels::set("long", std::string(255, 'v')) == ENOSPC);
  CHECK(set_of(labels::of_host_here()).size() == 6);
}

TEST_CASE("a thread that is not known has no labels") {
  OpenTables open;
  CHECK(labels::here() == 0);
  CHECK(labels::of_host_here() == 0);
  CHECK(labels::set("a", "1") == 0);
  threads::track(true);
  CHECK(labels::set("a", "1") == ENOTSUP);
  threads::track(false);
}

TEST_CASE("another thread that looks meanwhile sees one of the sets there were, whole") {
  Fixture fixture;
  std::atomic<bool> over{false};
  std::thread looker([&] {
    while (!over) {
      for (const auto& [key, value] : set_of(labels::of(*fixture.thread))) {
        if (key == "thread" || key == "tid") continue;
        // Keys and values are of one letter, as many as the letter says.
        for (const std::string& text : {key, value}) {
          const size_t length = text.empty() ? 0 : static_cast<size_t>(text[0] - 'a') * 9 + 1;
          if (text != std::string(length, text.empty() ? 'a' : text[0])) abort();
        }
      }
    }
  });
  for (unsigned i = 0; i < 100000; i++) {
    const auto text = [](unsigned n) {
      return std::string(n % 20 * 9 + 1, static_cast<char>('a' + n % 20));
    };
    if (labels::set(text(i), text(i * 7)) == ENOSPC) labels::clear({});
  }
  over = true;
  looker.join();
}

TEST_CASE("a child that was forked amid another thread's change can set labels in that record") {
  Fixture fixture;
  std::atomic<bool> over{false}, started{false};
  std::thread setter([&] {
    Thread* mine = threads::acquire();
    threads::begin(*mine, 0);
    for (int i = 0; i < 8; i++) labels::set("k" + std::to_string(i), std::string(200, 'x'));
    for (started = true; !over;) labels::set("k0", std::string(200, 'x'));
    threads::end(*mine);
  });
  while (!started) std::this_thread::yield();
  // Two of three children were forked amid a change.
  int failed = 0;
  for (int i = 0; i < 40; i++) {
    const pid_t child = fork();
    if (child == 0) {
      threads::forget_others();
      Thread* again = threads::acquire();
      threads::begin(*again, 0);
      _exit(labels::set("request", "1"));
    }
    int status = -1;
    waitpid(child, &status, 0);
    failed += status != 0;
  }
  over = true;
  setter.join();
  CHECK(failed == 0);
}

TEST_CASE("threads carry their numbers, up to a bound") {
  Fixture fixture;
  const layout::Ref name = tables::text("worker");
  CHECK(set_of(labels::of_name(name, 42)) == Set{{"thread", "worker"}, {"tid", "42"}});
  CHECK(set_of(labels::of_name(name, 0)) == Set{{"thread", "worker"}});
  for (uint32_t i = 0; i < labels::kMostNumbered; i++) labels::take_number();
  CHECK(!labels::take_number());
  labels::begin(*fixture.thread);
  labels::named(*fixture.thread, name);
  CHECK(set_of(labels::here()) == Set{{"thread", "worker"}});
}
