// Room for a few descriptors of ours, also in a process that has used up its own.
#pragma once

// While this lives the soft limit is raised, as far as the hard one allows, where not one
// descriptor more could be opened. Context: cold.
class DescriptorRoom {
 public:
  DescriptorRoom();
  ~DescriptorRoom();
  DescriptorRoom(const DescriptorRoom&) = delete;
  DescriptorRoom& operator=(const DescriptorRoom&) = delete;

 private:
  unsigned long before_ = 0;  // 0: not raised
};

// While this lives what is opened gets a number above 2: where the host closed its standard
// descriptors, another thread's write to one of them would go into a file of ours. What holds the
// places can be neither read nor written.
class StandardPlaces {
 public:
  StandardPlaces();
  ~StandardPlaces();
  StandardPlaces(const StandardPlaces&) = delete;
  StandardPlaces& operator=(const StandardPlaces&) = delete;

 private:
  int held_[3];
  unsigned count_ = 0;
};

// Moves a descriptor to a number above 2, where the host closed a standard one at that very moment.
// Gives the number it has then, or a negative errno, and it is closed. Context: cold.
int above_standard(int fd);
