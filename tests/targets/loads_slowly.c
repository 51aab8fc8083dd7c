// A program whose loader works long: an indirect function of its library takes its time to choose.
int chosen_slowly(void);

int main(void) {
  return chosen_slowly();
}
