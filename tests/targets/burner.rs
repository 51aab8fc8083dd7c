// A Rust program built with -g: names, generics and a closure, allocations and CPU.
use std::collections::HashMap;

#[inline(never)]
fn fill_table<T: From<u32> + Copy>(count: u32) -> HashMap<u32, Vec<T>> {
    (0..count).map(|i| (i, vec![T::from(i); (i % 97) as usize])).collect()
}

#[inline(never)]
fn add_up(table: &HashMap<u32, Vec<u64>>) -> u64 {
    table.values().map(|row| row.iter().sum::<u64>()).sum()
}

fn main() {
    let mut total = 0;
    for _ in 0..40 {
        total += add_up(&fill_table::<u64>(20000));
    }
    println!("{}", total);
}
