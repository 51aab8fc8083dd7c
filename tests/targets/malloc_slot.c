// Where this program's own jump slot for malloc leads, and whether it may be written.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* base_name(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static void print_protection(unsigned long address) {
  FILE* maps = fopen("/proc/self/maps", "r");
  char line[512], how[8];
  unsigned long low, high;
  while (fgets(line, sizeof line, maps) != NULL) {
    if (sscanf(line, "%lx-%lx %4s", &low, &high, how) == 3 && address >= low && address < high) {
      printf("%s\n", how);
    }
  }
  fclose(maps);
}

// Not position independent, this gives malloc an address in the program.
#ifdef TAKES_ADDRESS
void* (*volatile address)(size_t) = malloc;
#endif

int main(void) {
  const ElfW(Rela)* slots = NULL;
  const ElfW(Sym)* symbols = NULL;
  const char* names = NULL;
  unsigned long count = 0;
  for (const ElfW(Dyn)* d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
    if (d->d_tag == DT_JMPREL) slots = (const void*)d->d_un.d_ptr;
    if (d->d_tag == DT_PLTRELSZ) count = d->d_un.d_val / sizeof *slots;
    if (d->d_tag == DT_SYMTAB) symbols = (const void*)d->d_un.d_ptr;
    if (d->d_tag == DT_STRTAB) names = (const char*)d->d_un.d_ptr;
  }
  struct link_map* me = NULL;
  dlinfo(dlopen(NULL, RTLD_NOW), RTLD_DI_LINKMAP, &me);
  for (int round = 0; round < 2; round++) {
    for (unsigned long i = 0; i < count; i++) {
      if (strcmp(names + symbols[ELF64_R_SYM(slots[i].r_info)].st_name, "malloc") != 0) continue;
      const unsigned long at = me->l_addr + slots[i].r_offset;
      Dl_info info;
      if (dladdr(*(void**)at, &info) != 0) printf("%s ", base_name(info.dli_fname));
      print_protection(at);
    }
    void* p = malloc(1000);
    p = realloc(p, 2000);
    free(p);
  }
  return 0;
}
