// Listens in a directory under the name of an agent's socket until it is killed, says yes to all
// that comes, and makes a file `taken` there when it was given a descriptor. usage: squats
// DIRECTORY
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int is_given_a_descriptor(int client) {
  char bytes[4096], space[256];
  struct iovec part = {bytes, sizeof bytes};
  struct msghdr head;
  memset(&head, 0, sizeof head);
  head.msg_iov = &part;
  head.msg_iovlen = 1;
  head.msg_control = space;
  head.msg_controllen = sizeof space;
  return recvmsg(client, &head, 0) > 0 && CMSG_FIRSTHDR(&head) != NULL;
}

int main(int argc, char** argv) {
  struct sockaddr_un address = {AF_UNIX, "door"};
  char name[64];
  const int door = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  if (argc != 2 || chdir(argv[1]) != 0) return 2;
  if (bind(door, (struct sockaddr*)&address, sizeof address) != 0 || listen(door, 8) != 0) return 1;
  snprintf(name, sizeof name, "profiler-agent-%d-0123456789abcdef.socket", (int)getpid());
  if (rename("door", name) != 0) return 1;
  for (;;) {
    const int client = accept(door, NULL, NULL);
    if (client < 0) return 1;
    if (is_given_a_descriptor(client)) close(open("taken", O_WRONLY | O_CREAT, 0600));
    send(client, "y", 1, MSG_NOSIGNAL);
    close(client);
  }
}
