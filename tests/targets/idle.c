// Does nothing, and says so with its status.
int main(void) {
  return 21;
}
