"""What scripts/judge hosts runs: (name, what is needed, a shell's words, which lines of the output have to be the same: a
pattern, or None for all of them; how many processes have files at least, 1 where it is not said). `$P` stands where the
profiled program's own command begins; a need `source:PACKAGE` is the package's source, whose directory is `$SOURCE`."""

OUTCOME = r"^(FAIL|ERROR):|^(OK|FAILED)|^Ran "
VERDICT = r"^\[(ok|err|exception|ignore|skip|timeout)"
RESULT = r"(passed|failed|skipped|bogo)[a-z]*:|unsuccessful|successful run completed"


# All of test_socket does not end on every machine, bare: it wants networks that are not everywhere.
SOCKETS = ("GeneralModuleTests", "BasicTCPTest", "BasicTCPTest2", "BasicUDPTest", "NonBlockingTCPTests",
           "FileObjectClassTestCase", "NetworkConnectionNoServer", "NetworkConnectionAttributesTest",
           "NetworkConnectionBehaviourTest", "TCPTimeoutTest", "UDPTimeoutTest", "TestExceptions", "RecvmsgUDPTest",
           "SendmsgUDPTest", "RecvmsgTCPTest", "SendmsgTCPTest", "InterruptedRecvTimeoutTest",
           "InterruptedSendTimeoutTest", "SendfileUsingSendfileTest", "CreateServerTest", "SendRecvFdsTests")


def python_tests():
    for name in ("signal", "subprocess", "threading", "socket", "fork1", "faulthandler", "os", "posix", "mmap", "thread",
                 "selectors", "asyncio.test_subprocess", "multiprocessing_fork", "pty", "fcntl", "tempfile"):
        module = f"test.test_{name}"
        parts = " ".join(f"{module}.{part}" for part in SOCKETS) if name == "socket" else module
        yield (f"python3 {module}", ["/usr/bin/python3.11"],
               f"$P /usr/bin/python3.11 -m unittest -v {parts} 2>&1 | sed 's/[0-9]\\+\\.[0-9]*s/Ns/' | sort", OUTCOME)


def stressors():
    for name in ("fork", "vfork", "exec", "clone", "daemon", "zombie", "signal", "sigq", "sigsegv", "sigsuspend", "sigpending",
                 "timer", "itimer", "alarm", "timerfd", "nanosleep", "pthread", "futex", "mutex", "sem", "sem-sysv", "msg", "mq",
                 "pipe", "poll", "epoll", "select", "eventfd", "sock", "dup", "open", "close", "fcntl", "flock", "lockf", "malloc",
                 "vm", "brk", "mremap", "mmap", "mlock", "stack", "bigheap", "tree", "hsearch", "qsort", "switch", "context",
                 "longjmp", "fp-error", "kill", "wait", "rlimit", "seccomp", "vm-splice", "dentry", "dir", "chdir", "full",
                 "zlib", "tsearch", "matrix", "cyclic", "session", "set", "prctl", "ptrace", "personality", "membarrier", "rseq",
                 "userfaultfd", "memfd", "shm", "sigabrt", "sigtrap", "sigchld", "sigio", "sigrt", "sigxcpu"):
        yield (f"stress-ng {name}", ["stress-ng"],
               f"$P stress-ng --{name} 2 -t 1 --oom-avoid --no-rand-seed --vm-bytes 32M --bigheap-growth 64K 2>&1", RESULT)


def programs():
    yield ("bash", ["bash"], "$P bash -c 'for i in 1 2 3 4 5; do (echo $i | tr 1-5 a-e); done; x=$(seq 100 | wc -l); "
           "echo $x; trap \"echo got\" USR1; kill -USR1 $$; coproc cat; echo hi >&${COPROC[1]}; read -u ${COPROC[0]} y; echo $y; "
           "wait -n 2>/dev/null <(sleep 0.1); printf %s\\\\n *.none; exec 3<>/dev/null; ulimit -n 30; ls /proc/self/fd | wc -l'", None)
    yield ("perl", ["perl"], "$P perl -e '$SIG{ALRM}=sub{print \"alarm\\n\"}; alarm 1; select(undef,undef,undef,1.5); "
           "for (1..5) { my $p=fork; if(!$p){exit $_} waitpid($p,0); print $?>>8,\"\\n\" } print `echo sub`; "
           "my %h=map{$_=>$_*2}1..100000; print scalar(keys %h),\"\\n\"; @a=sort{$a<=>$b}map{$_*7%1001}1..5000; print \"@a[0..9]\\n\"'", None)
    yield ("git", ["git"], "export GIT_AUTHOR_DATE='1 +0000' GIT_COMMITTER_DATE='1 +0000'; $P git init -q -b m r && cd r && "
           "git config user.name n && git config user.email e@x && for i in $(seq 20); do echo $i >f$i; $P git add .; "
           "$P git commit -q -m $i; done; $P git gc -q; $P git fsck 2>/dev/null; $P git clone -q . ../c; $P git -C ../c log --format=%H", None)
    yield ("tar", ["tar", "xz"], "mkdir d; for i in $(seq 200); do seq $i >d/$i; done; $P tar --sort=name --mtime=@1 -cJf a.tar.xz d; "
           "sha256sum <a.tar.xz; $P tar xJf a.tar.xz -O | sha256sum", None)
    yield ("vim", ["vim"], "seq 50 >t; $P vim -Nu NONE -es t +'%s/1/one/g' +'norm Gdd' +'sil !sort -r' +wq; sha256sum <t", None)
    yield ("vim in a terminal", ["vim", "script"], "$P script -qec 'vim -Nu NONE +\"norm ihello\" +wq f' /dev/null >/dev/null </dev/null; cat f", None)
    yield ("tmux", ["tmux"], "$P tmux -S s -f /dev/null new-session -d -x 80 -y 24 'echo in tmux; sleep 60'; sleep 0.5; "
           "$P tmux -S s capture-pane -p | head -1; $P tmux -S s list-windows -F '#{window_panes}'; $P tmux -S s kill-server; echo $?", None)
    yield ("ssh and sshd", ["/usr/sbin/sshd", "ssh"], "umask 077; mkdir -p /run/sshd; ssh-keygen -qt ed25519 -N '' -f hk; ssh-keygen -qt ed25519 -N '' -f k; "
           "cp k.pub ak; $P /usr/sbin/sshd -D -o Port=2722 -o ListenAddress=127.0.0.1 -o HostKey=$PWD/hk -o UsePAM=no "
           "-o AuthorizedKeysFile=$PWD/ak -o StrictModes=no -o PidFile=$PWD/pid -f /dev/null 2>/dev/null & sleep 1; for i in 1 2 3; do "
           "$P ssh -p 2722 -i k -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 'echo in; exit 3'; echo $?; done; "
           "kill $!; wait; echo ended", None)
    yield ("java", ["java"], "cat >A.java <<'X'\nimport java.util.*; import java.util.concurrent.*;\npublic class A { public static void main(String[] a) "
           "throws Exception { ExecutorService e = Executors.newFixedThreadPool(4); List<Future<Long>> f = new ArrayList<>(); "
           "for (int t = 0; t < 8; t++) { final int n = t; f.add(e.submit(() -> { long s = 0; List<byte[]> l = new ArrayList<>(); "
           "for (int i = 0; i < 20000; i++) { l.add(new byte[1000]); s += l.size() * n; if (l.size() > 500) l.clear(); } return s; })); } "
           "for (Future<Long> x : f) System.out.println(x.get()); e.shutdown(); "
           "System.out.println(new ProcessBuilder(\"true\").start().waitFor()); } }\nX\n$P java -Xmx128m A.java", None)
    yield ("node", ["node"], "$P node -e 'const {Worker}=require(\"worker_threads\"),c=require(\"child_process\");"
           "console.log(c.execSync(\"echo sub\").toString().trim());let n=0;for(let i=0;i<4;i++)new Worker(\"require(`worker_threads`)"
           ".parentPort.postMessage([...Array(1e5).keys()].reduce((a,b)=>a+b))\",{eval:true}).on(\"message\",m=>{n+=m;}).on(\"exit\",()=>{if(i==3)setTimeout(()=>console.log(n),500)});"
           "require(\"crypto\").pbkdf2(\"a\",\"b\",50000,32,\"sha256\",(e,k)=>console.log(k.toString(\"hex\")))' | sort", None)
    yield ("ruby", ["ruby"], "$P ruby -e 'q=Queue.new; t=4.times.map{|i| Thread.new{ 1000.times{|j| q<<i*j } } }; t.each(&:join); s=0; s+=q.pop until q.empty?; "
           "puts s; puts `echo sub`; p fork{exit 4}.then{Process.wait2(_1)[1].exitstatus}; GC.start; puts (1..20).map{|x| x**20}.sum'", None)
    yield ("php", ["php"], "$P php -r '$a=[]; for($i=0;$i<200000;$i++)$a[]=md5($i); echo md5(implode($a)),\"\\n\"; echo shell_exec(\"echo sub\"); usleep(1000);'", None)
    yield ("lua", ["lua5.4"], "$P lua5.4 -e 'local t={} for i=1,3e5 do t[i]=tostring(i) end print(#table.concat(t)) print(io.popen(\"echo sub\"):read())'", None)
    yield ("ffmpeg", ["ffmpeg"], "$P ffmpeg -v error -threads 4 -f lavfi -i testsrc=d=3:s=320x240 -flags +bitexact -c:v mpeg4 -bitexact a.avi </dev/null; "
           "sha256sum <a.avi; $P ffmpeg -v error -i a.avi -f rawvideo - </dev/null | sha256sum", None)
    yield ("chromium", ["chromium"], "echo '<h1>printed</h1><script>document.title=1</script>' >p.html; $P timeout 60 chromium --headless --no-sandbox --disable-gpu "
           "--disable-dev-shm-usage --user-data-dir=$PWD/u --dump-dom file://$PWD/p.html 2>/dev/null; $P timeout 60 chromium --headless --no-sandbox --disable-gpu "
           "--disable-dev-shm-usage --user-data-dir=$PWD/u --print-to-pdf=o.pdf file://$PWD/p.html 2>/dev/null; head -c 5 o.pdf", None)
    yield ("gdb on it", ["gdb"], "$P gdb -nx -q -batch -ex run -ex bt -ex 'info threads' --args sleep 0.2 2>&1",
           r"^\[Inferior .* exited")
    yield ("strace on it", ["strace"], "$P strace -f -o t sh -c 'ls / | wc -l; true'; echo $?", None)
    yield ("strace -k, with libunwind", ["strace"], "$P strace -k -o t -e trace=exit_group cat /dev/null; echo $?; grep -q '^ > .*cat(' t && echo stacks", None)
    yield ("protoc, with protobuf", ["protoc"], "echo 'syntax = \"proto3\"; message M { string a = 1; repeated int32 b = 2; }' >m.proto; "
           "echo 'a: \"x\" b: [1, 2, 3]' | $P protoc --encode=M m.proto >m; sha256sum <m; $P protoc --decode=M m.proto <m; "
           "$P protoc --cpp_out=. --python_out=. m.proto; cat m.pb.h m_pb2.py | sha256sum", None)
    yield ("valgrind on it", ["valgrind"], "$P valgrind -q --error-exitcode=9 ls / ; echo $?", None)
    yield ("fakeroot", ["fakeroot"], "$P fakeroot sh -c 'touch a; chown 12:34 a; stat -c %u:%g a'", None)
    yield ("faketime", ["faketime"], "$P faketime '2001-02-03 04:05:06' date +%F", None)
    yield ("eatmydata", ["eatmydata"], "$P eatmydata dd if=/dev/zero of=f bs=64k count=50 conv=fsync 2>/dev/null; stat -c %s f", None)
    yield ("stdbuf", ["stdbuf"], "seq 1000 | $P stdbuf -oL grep 9 | sha256sum", None)
    yield ("sqlite3", ["sqlite3"], "$P sqlite3 d 'create table t(a,b); with recursive c(x) as (values(1) union all select x+1 from c where x<50000) "
           "insert into t select x,hex(x) from c; create index i on t(b); select count(*),sum(a),max(b) from t; vacuum; pragma integrity_check'", None)
    yield ("make and gcc", ["make", "gcc"], "for i in 1 2 3 4 5 6; do echo \"int f$i(void){return $i;}\" >f$i.c; done; echo 'int main(void){return 0;}' >m.c; "
           "printf 'm: m.o f1.o f2.o f3.o f4.o f5.o f6.o\\n\\tgcc -o m $^\\n' >Makefile; $P make -sj4 CC=gcc; sha256sum m f1.o", None)
    yield ("go build", ["go"], "printf 'module m\\n' >go.mod; printf 'package main\\nfunc main() { println(1) }\\n' >m.go; "
           "GOFLAGS=-mod=mod GOCACHE=$PWD/c $P go build -trimpath -o m . && ./m 2>&1", None)
    yield ("rustc", ["rustc"], "echo 'fn main(){println!(\"{}\",(1..11).product::<u64>())}' >m.rs; $P rustc -O m.rs 2>&1 && ./m", None)
    yield ("find, sort, xargs", ["find"], "$P find /usr/share/doc -name copyright | $P sort | head -2000 | $P xargs -P4 -n50 cat | wc -c", None)
    yield ("curl", ["curl"], "echo hello >h; $P curl -s file://$PWD/h; $P curl -s --max-time 2 http://127.0.0.1:1; echo $?", None)


def servers():
    # Debian's server under the tests of its own source, which start it some 270 times; minutes.
    yield ("redis-server's own tests", ["/usr/bin/redis-server", "tclsh", "source:redis-server"], """
cp -r $SOURCE/{tests,runtest,redis.conf} .; mkdir -p src tests/tmp
for name in cli benchmark check-aof check-rdb; do ln -s /usr/bin/redis-$name src; done
printf '%s\\n' '#!/bin/sh' 'exec $P /usr/bin/redis-server "$@"' >src/redis-server; chmod 755 src/redis-server
./runtest --clients 2 --single unit/type/list --single unit/expire --single unit/multi --single unit/pubsub \\
  --single unit/scripting --single integration/replication | sed 's/\\x1b\\[[0-9;]*m//g; s/ ([0-9]* ms)//' | sort""", VERDICT, 200)
    # Under load: five times new workers, then a new binary, which has of its environment what `env` names. The one that
    # became a daemon, two masters and fourteen workers have files each.
    yield ("nginx, reloaded under load", ["/usr/sbin/nginx", "ab", "curl"], """
seq 2000 >page; chmod 755 .
echo 'worker_processes 2; pid pid; error_log errors; env LD_PRELOAD; env PROFILER_MODE; env PROFILER_OUTPUT; env PROFILER_LOG;
events {} http { access_log off; server { listen 127.0.0.1:8765; root .; } }' >conf
$P /usr/sbin/nginx -p $PWD -c conf; echo started: $?
ab -q -t 6 -n 9999999 -c 8 http://127.0.0.1:8765/page >ab.out 2>&1 & load=$!
for i in 1 2 3 4 5; do sleep 0.5; kill -HUP $(cat pid); done
sleep 0.5; old=$(cat pid); kill -USR2 $old; for i in $(seq 100); do [ -s pid.oldbin ] && [ -s pid ] && break; sleep 0.05; done
sleep 0.5; new=$(cat pid); kill -QUIT $old; wait $load; echo load: $?; grep -E '^Failed requests|Non-2xx' ab.out
for i in $(seq 100); do kill -0 $old 2>/dev/null || break; sleep 0.1; done; kill -0 $old 2>/dev/null || echo the old master ended; kill -0 $new && echo the new one lives
curl -s http://127.0.0.1:8765/page | sha256sum
kill -QUIT $new; while kill -0 $new 2>/dev/null; do sleep 0.05; done; grep -cE '(alert|emerg|crit|error).:' errors""", None, 17)


def all_commands():
    yield from programs()
    yield from servers()
    yield from python_tests()
    yield from stressors()
