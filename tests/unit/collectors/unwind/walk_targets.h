// Functions that call `leaf` below frames of one kind, `depth` of them.
#pragma once

using Leaf = void (*)();

void nested(int depth, Leaf leaf);
void with_alloca(int depth, Leaf leaf);
void realigned(int depth, Leaf leaf);
void realigned_alloca(int depth, Leaf leaf);
void in_handler(int depth, Leaf leaf);
void in_handler_on_other_stack(int depth, Leaf leaf);
void on_fiber(int depth, Leaf leaf);
// Hand-written, with a frame pointer and nothing in .eh_frame; one frame whatever the depth.
extern "C" void without_rules(int depth, Leaf leaf);
void in_thread(int depth, Leaf leaf);
void while_throwing(int depth, Leaf leaf);
void in_destructor(int depth, Leaf leaf);
