#include "program/symbols/allocator_frames.h"

#include <catch2/catch.hpp>

#include "tests/unit/program/workshop.h"

using program::Profile;

namespace {

// Makes heap profiles out of names: a stack is locations, a location is lines, leaf first.
class HeapProfile {
 public:
  HeapProfile() {
    for (const char* type : {"alloc_objects", "alloc_space"}) {
      profile_.add_sample_type()->set_type(add_text(&profile_, type));
    }
  }

  uint64_t location(const std::vector<std::string>& names) {
    auto* location = profile_.add_location();
    location->set_id(static_cast<uint64_t>(profile_.location_size()) * 10);
    for (const std::string& name : names) {
      auto* function = profile_.add_function();
      function->set_id(static_cast<uint64_t>(profile_.function_size()));
      function->set_name(add_text(&profile_, name));
      location->add_line()->set_function_id(function->id());
    }
    return location->id();
  }

  void sample(const std::vector<uint64_t>& stack, int64_t bytes, int64_t size_class = 0) {
    auto* sample = profile_.add_sample();
    for (const uint64_t location : stack) sample->add_location_id(location);
    sample->add_value(1);
    sample->add_value(bytes);
    if (size_class == 0) return;
    auto* label = sample->add_label();
    if (bytes_key_ == 0) bytes_key_ = add_text(&profile_, "bytes");
    label->set_key(bytes_key_);
    label->set_num(size_class);
  }

  // "leaf < inlined into | caller: bytes"
  std::string trimmed(int index) {
    if (!done_) program::drop_allocator_frames(&profile_);
    done_ = true;
    REQUIRE(program::fault_of(profile_).empty());
    std::string text;
    for (const uint64_t id : profile_.sample(index).location_id()) {
      for (int i = 0; i < profile_.location_size(); i++) {
        if (profile_.location(i).id() != id) continue;
        text += (text.empty() ? "" : " | ") + names_of(profile_, i);
      }
    }
    return text + ": " + std::to_string(profile_.sample(index).value(1));
  }

  const Profile& profile() const { return profile_; }

 private:
  Profile profile_;
  int64_t bytes_key_ = 0;
  bool done_ = false;
};

}  // namespace

TEST_CASE("allocators leave the leaf side up to the first other frame") {
  HeapProfile heap;
  const auto malloc_at = heap.location({"malloc"});
  const auto new_at = heap.location({"operator new"});
  const auto vector_at = heap.location({"std::vector::push_back", "work"});
  const auto main_at = heap.location({"main"});
  heap.sample({malloc_at, new_at, vector_at, main_at}, 10);
  CHECK(heap.trimmed(0) == "std::vector::push_back < work | main: 10");
}

TEST_CASE("inlined allocators leave the location that they are inlined into") {
  HeapProfile heap;
  const auto leaf =
      heap.location({"alloc::alloc::alloc", "alloc::alloc::Global::alloc_impl", "work"});
  const auto main_at = heap.location({"main"});
  heap.sample({leaf, main_at}, 10);
  CHECK(heap.trimmed(0) == "work | main: 10");
}

TEST_CASE("an allocator above another frame stays") {
  HeapProfile heap;
  const auto hook = heap.location({"hook"});
  const auto inlined = heap.location({"malloc", "work"});
  heap.sample({inlined}, 1);
  heap.sample({hook, inlined}, 2);
  CHECK(heap.trimmed(0) == "work: 1");
  CHECK(heap.trimmed(1) == "hook | malloc < work: 2");
}

TEST_CASE("a stack of allocators alone stays as it is") {
  HeapProfile heap;
  const auto malloc_at = heap.location({"malloc"});
  const auto new_at = heap.location({"operator new"});
  heap.sample({malloc_at, new_at}, 10);
  CHECK(heap.trimmed(0) == "malloc | operator new: 10");
}

TEST_CASE("stacks that became equal are one, unless their labels differ") {
  HeapProfile heap;
  const auto malloc_at = heap.location({"malloc"});
  const auto calloc_at = heap.location({"calloc"});
  const auto main_at = heap.location({"main"});
  heap.sample({malloc_at, main_at}, 10, 16);
  heap.sample({calloc_at, main_at}, 20, 16);
  heap.sample({main_at}, 40, 32);
  CHECK(heap.trimmed(0) == "main: 30");
  CHECK(heap.trimmed(1) == "main: 40");
  CHECK(heap.profile().sample_size() == 2);

  HeapProfile plain;
  const auto a = plain.location({"malloc"});
  const auto b = plain.location({"calloc"});
  const auto c = plain.location({"main"});
  plain.sample({a, c}, 10);
  plain.sample({b, c}, 20);
  plain.sample({c}, 40);
  CHECK(plain.trimmed(0) == "main: 70");
  CHECK(plain.profile().sample_size() == 1);
  CHECK(plain.profile().sample(0).value(0) == 3);
  CHECK(plain.profile().location_size() == 1);
  CHECK(plain.profile().function_size() == 1);
}
