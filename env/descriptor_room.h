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
