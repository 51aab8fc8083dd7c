// The functions that make threads by names that no other object's definition stands before.
#pragma once

#include <pthread.h>
#include <threads.h>

#include "env/sys/compiler/attributes.h"

extern "C" {
HIDDEN int own_pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                              void* (*routine)(void*), void* argument) noexcept
    __attribute__((nonnull(1, 3)));
HIDDEN int own_thrd_create(thrd_t* handle, thrd_start_t routine, void* argument);
}
