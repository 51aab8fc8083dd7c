// Rust's std: a Mutex, a Condvar, a channel, a parked thread, a join, and a futex of one's own; each
// waits ten times in a function of its own. The other thread looks at /proc for whether it sleeps.
use std::fs;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::SeqCst};
use std::sync::{mpsc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

extern "C" {
    fn syscall(number: i64, ...) -> i64;
}
const FUTEX: i64 = 202;
const GETTID: i64 = 186;

static MUTEX: Mutex<u32> = Mutex::new(0);
static IS_READY: Mutex<bool> = Mutex::new(false);
static CONDITION: Condvar = Condvar::new();
static WORD: AtomicU32 = AtomicU32::new(0);
static WAITER: AtomicI64 = AtomicI64::new(0);
static ENTERED: AtomicU32 = AtomicU32::new(0);
static HELD: AtomicU32 = AtomicU32::new(0);
static OVER: AtomicU32 = AtomicU32::new(0);

/// After a call that is not to become a jump: its caller's frame stays.
#[inline(never)]
fn stay() {
    unsafe { std::ptr::read_volatile(&0u32) };
}

#[no_mangle]
#[inline(never)]
fn site_mutex() {
    *MUTEX.lock().unwrap() += 1;
}

#[no_mangle]
#[inline(never)]
fn release_mutex(guard: std::sync::MutexGuard<u32>) {
    drop(guard);
    stay();
}

#[no_mangle]
#[inline(never)]
fn site_condvar() {
    let mut is_ready = IS_READY.lock().unwrap();
    while !*is_ready {
        is_ready = CONDITION.wait(is_ready).unwrap();
    }
    *is_ready = false;
}

#[no_mangle]
#[inline(never)]
fn site_channel(receiver: &mpsc::Receiver<u32>) -> u32 {
    receiver.recv().unwrap()
}

#[no_mangle]
#[inline(never)]
fn site_park() {
    thread::park();
    stay();
}

#[no_mangle]
#[inline(never)]
fn site_futex() {
    unsafe { syscall(FUTEX, &WORD as *const AtomicU32, 128, 0u32, 0usize, 0usize, 0usize) };
    stay();
}

#[no_mangle]
#[inline(never)]
fn release_futex() {
    WORD.store(1, SeqCst);
    unsafe { syscall(FUTEX, &WORD as *const AtomicU32, 129, 1u32, 0usize, 0usize, 0usize) };
    stay();
}

fn until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::sleep(Duration::from_millis(1));
    }
}

fn sleeps() -> bool {
    let stat = fs::read_to_string(format!("/proc/self/task/{}/stat", WAITER.load(SeqCst)));
    stat.map_or(false, |s| s[s.rfind(')').unwrap()..].starts_with(") S"))
}

/// The other thread's side of a wait: 20 ms of sleep.
fn let_it_wait(i: u32) {
    HELD.store(i, SeqCst);
    until(|| ENTERED.load(SeqCst) == i);
    until(sleeps);
    thread::sleep(Duration::from_millis(20));
}

fn ten(name: &str, other: impl Fn(u32) + Send + 'static, site: impl Fn()) {
    HELD.store(0, SeqCst);
    OVER.store(0, SeqCst);
    let thread = thread::spawn(move || {
        for i in 1..=10 {
            other(i);
            until(|| OVER.load(SeqCst) == i);
        }
    });
    let mut total = Duration::ZERO;
    for i in 1..=10 {
        until(|| HELD.load(SeqCst) == i);
        ENTERED.store(i, SeqCst);
        let start = Instant::now();
        site();
        total += start.elapsed();
        OVER.store(i, SeqCst);
    }
    thread.join().unwrap();
    println!("wait {} {}", name, total.as_nanos());
}

fn main() {
    WAITER.store(unsafe { syscall(GETTID) }, SeqCst);
    ten("site_mutex", |i| {
        let guard = MUTEX.lock().unwrap();
        let_it_wait(i);
        release_mutex(guard);
    }, site_mutex);
    ten("site_condvar", |i| {
        let_it_wait(i);
        *IS_READY.lock().unwrap() = true;
        CONDITION.notify_one();
    }, site_condvar);
    let (sender, receiver) = mpsc::channel();
    ten("site_channel", move |i| {
        let_it_wait(i);
        sender.send(i).unwrap();
    }, || {
        site_channel(&receiver);
    });
    let main_thread = thread::current();
    ten("site_park", move |i| {
        let_it_wait(i);
        main_thread.unpark();
    }, site_park);
    ten("site_futex", |i| {
        WORD.store(0, SeqCst);
        let_it_wait(i);
        release_futex();
    }, site_futex);
}
