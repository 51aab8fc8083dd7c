// libc loads and unloads a converter by itself; the code that is put in its place allocates.
#define _GNU_SOURCE
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static unsigned long code_of(const char* name) {
  char line[600];
  unsigned long found = 0;
  FILE* maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps)) {
    unsigned long low, high;
    char rights[8];
    if (strstr(line, name) && sscanf(line, "%lx-%lx %7s", &low, &high, rights) == 3 &&
        rights[2] == 'x') {
      found = low;
    }
  }
  fclose(maps);
  return found;
}

int main(void) {
  static const char* const others[] = {"UTF-32", "UTF-7", "ISO-2022-KR", "EUC-JP", "KOI8-R", "IBM037"};
  for (int i = 0; i < 6; i++) iconv_open(others[i], "UTF-8");
  iconv_t utf16 = iconv_open("UTF-16", "UTF-8");
  const unsigned long place = code_of("UTF-16.so");
  if (place == 0) return puts("no converter"), 0;
  iconv_close(utf16);
  for (int i = 0; i < 40; i++) iconv_close(iconv_open(others[i % 6], "UTF-8"));
  unsigned char* page = mmap((void*)place, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (page != (void*)place) return puts("still loaded"), 0;
  // push rbp; mov rbp,rsp; mov rax,malloc; mov edi,100; call rax; pop rbp; ret
  unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
                          0xbf, 100,  0,    0,    0,    0xff, 0xd0, 0x5d, 0xc3};
  void* (*allocate)(size_t) = malloc;
  memcpy(code + 6, &allocate, 8);
  memcpy(page + 64, code, sizeof code);
  void* (*call)(void);
  void* entry = page + 64;
  memcpy(&call, &entry, 8);
  puts(call() ? "allocated" : "failed");
  return 0;
}
