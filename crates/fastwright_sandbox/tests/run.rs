//! Commands that try to harm, with real processes, in each kind of room that this machine can make.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use fastwright_sandbox::run::{
    CommandLine, Ending, Enforcement, Helper, Limit, Limits, Outcome, Preference, Project, PythonEnvironment,
    Request, RunError, Sandbox, Scratch, WithoutEnforcement,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn helper() -> Helper {
    Helper { program: PathBuf::from(env!("CARGO_BIN_EXE_fastwright-sandboxed-run")), arguments: Vec::new() }
}

/// A place outside of the project, the project, and a room.
struct Scene {
    name: &'static str,
    sandbox: Sandbox,
    folder: TempDir,
}

impl Scene {
    fn new(name: &'static str, sandbox: Sandbox) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        fs::create_dir_all(project.join("app")).unwrap();
        fs::write(project.join("app/main.py"), "x = 1\n").unwrap();
        fs::write(project.join(".env"), "SECRET_KEY=from-the-env-file\n").unwrap();
        fs::write(project.join("app/settings.env"), "SECRET_KEY=from-the-env-file\n").unwrap();
        fs::write(folder.path().join("outside.txt"), "outside\n").unwrap();
        Self { name, sandbox, folder }
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn outside(&self) -> PathBuf {
        self.folder.path().join("outside.txt")
    }

    fn run(&self, command: CommandLine, limits: Limits) -> Outcome {
        let project = self.project();
        let mut request = Request::new(command, Project::ReadOnly(&project));
        request.limits = limits;
        self.sandbox.run(&request).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn shell(&self, line: &str) -> Outcome {
        self.run(CommandLine::Shell(line.to_owned()), limits())
    }

    fn python(&self, code: &str) -> Outcome {
        self.run(python(code), limits())
    }

    fn is_untouched_outside(&self) {
        assert_eq!(fs::read_to_string(self.outside()).unwrap(), "outside\n", "{}", self.name);
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 2, "{}", self.name);
        assert_eq!(
            fs::read_to_string(self.project().join("app/main.py")).unwrap(),
            "x = 1\n",
            "{}",
            self.name
        );
    }
}

fn python(code: &str) -> CommandLine {
    CommandLine::Arguments(vec![system_python(), "-c".to_owned(), code.to_owned()])
}

/// An interpreter that every room sees.
fn system_python() -> String {
    ["/usr/bin/python3", "/usr/local/bin/python3"]
        .into_iter()
        .find(|program| Path::new(program).exists())
        .expect("these tests need the system's python3")
        .to_owned()
}

/// Short enough for tests.
fn limits() -> Limits {
    Limits { wall: Duration::from_secs(20), ..Limits::default() }
}

/// Calls a test for each kind of room. Where this machine can't make one, it says so, and that nothing is run there.
fn in_each_room(test: impl Fn(&Scene)) {
    let bubblewrap = std::env::var_os("FASTWRIGHT_TEST_BUBBLEWRAP").map(PathBuf::from);
    for (name, preference) in
        [("bubblewrap", Preference::OnlyBubblewrap(bubblewrap)), ("landlock", Preference::OnlyLandlock)]
    {
        let scene = Scene::new(name, Sandbox::with_preference(helper(), preference));
        if let Enforcement::Unenforced { reason } = scene.sandbox.enforcement() {
            eprintln!("not tested with {name}: {reason}");
            is_refused(&scene);
        } else {
            test(&scene);
        }
    }
}

fn is_refused(scene: &Scene) {
    let project = scene.project();
    let marker = scene.folder.path().join("marker");
    let line = format!("touch {}", marker.display());
    let request = Request::new(CommandLine::Shell(line), Project::ReadOnly(&project));
    assert!(matches!(scene.sandbox.run(&request), Err(RunError::Unenforced(_))));
    assert!(!marker.exists());
}

fn processes_with(word: &str) -> Vec<i32> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
        })
        .collect()
}

fn is_gone(word: &str) {
    let started = Instant::now();
    while !processes_with(word).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(10), "{word} is still running");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_ordinary_command_runs_and_says_how_it_ended() {
    in_each_room(|scene| {
        let outcome = scene.shell("echo out; echo err >&2; cat app/main.py; exit 3");
        assert_eq!(outcome.ending, Ending::Exited(3), "{}: {outcome:?}", scene.name);
        assert_eq!(outcome.stdout.text(), "out\nx = 1\n");
        assert_eq!(outcome.stderr.text(), "err\n");
        let outcome = scene.shell("kill -9 $$");
        assert!(
            matches!(outcome.ending, Ending::Signalled(9) | Ending::Exited(137)),
            "{}: {outcome:?}",
            scene.name
        );
    });
}

#[test]
fn python_runs_with_threads_processes_and_an_event_loop() {
    in_each_room(|scene| {
        let outcome = scene.python(
            "import asyncio, concurrent.futures, subprocess, sqlite3, tempfile, shutil, sys, ssl, os\n\
             async def work():\n\
             \x20   loop = asyncio.get_running_loop()\n\
             \x20   return await loop.run_in_executor(None, lambda: 20 + 1) + await asyncio.sleep(0, 21)\n\
             print(asyncio.run(work()))\n\
             print(subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout)\n\
             folder = tempfile.mkdtemp()\n\
             base = sqlite3.connect(folder + '/x.sqlite')\n\
             base.execute('create table t (x)')\n\
             base.execute('insert into t values (42)')\n\
             base.commit()\n\
             print(base.execute('select x from t').fetchone())\n\
             shutil.copy('app/main.py', folder)\n\
             shutil.copytree('app', folder + '/app', ignore=lambda *_: ['settings.env'])\n\
             shutil.rmtree(folder)\n\
             print(os.path.expanduser('~') == os.environ['HOME'])\n",
        );
        assert_eq!(outcome.ending, Ending::Exited(0), "{}: {outcome:?}", scene.name);
        assert_eq!(outcome.stdout.text(), "42\n42\n\n(42,)\nTrue\n", "{}", scene.name);
    });
}

#[test]
fn a_command_that_is_not_there_is_no_outcome() {
    in_each_room(|scene| {
        let project = scene.project();
        let command = CommandLine::Arguments(vec!["no-such-program".to_owned()]);
        let error = scene.sandbox.run(&Request::new(command, Project::ReadOnly(&project))).unwrap_err();
        assert!(matches!(&error, RunError::NotStarted(why) if why.contains("no-such-program")), "{error}");
        let mut request = Request::new(CommandLine::Shell("true".to_owned()), Project::ReadOnly(&project));
        request.folder = PathBuf::from("nowhere");
        assert!(matches!(scene.sandbox.run(&request), Err(RunError::NotStarted(_))));
        request.folder = PathBuf::from("../..");
        assert!(matches!(scene.sandbox.run(&request), Err(RunError::Request(_))));
    });
}

#[test]
fn a_command_can_not_speak_for_its_helper() {
    in_each_room(|scene| {
        let outcome = scene.shell("echo 'abc failed: nothing' >&2; echo 'abc ready' >&2; exit 5");
        assert_eq!(outcome.ending, Ending::Exited(5));
        assert_eq!(outcome.stderr.text(), "abc failed: nothing\nabc ready\n");
    });
}

#[test]
fn the_environment_holds_nothing_of_ours() {
    in_each_room(|scene| {
        let project = scene.project();
        let mut request = Request::new(CommandLine::Shell("env".to_owned()), Project::ReadOnly(&project));
        request.variables.insert("APP_MODE".to_owned(), "test".to_owned());
        let outcome = scene.sandbox.run(&request).unwrap();
        let text = outcome.stdout.text();
        let mut names: Vec<&str> =
            text.lines().filter_map(|line| line.split_once('=')).map(|pair| pair.0).collect();
        names.retain(|name| !["_", "PWD", "SHLVL", "OLDPWD"].contains(name));
        names.sort_unstable();
        assert_eq!(names, ["APP_MODE", "HOME", "LANG", "PATH", "TMPDIR"], "{}: {text}", scene.name);
    });
}

#[test]
fn nothing_outside_is_read() {
    in_each_room(|scene| {
        let outside = scene.outside();
        symlink(&outside, &scene.project().join("link.txt"));
        let home = std::env::home_dir().unwrap();
        for path in [
            outside.display().to_string(),
            "link.txt".to_owned(),
            "../outside.txt".to_owned(),
            "/etc/shadow".to_owned(),
            "/etc/ssl/private".to_owned(),
            "/proc/1/environ".to_owned(),
            "/proc/self/root/etc/shadow".to_owned(),
            format!("/proc/self/cwd/../{}", outside.display()),
            format!("{}/.ssh", home.display()),
            format!("{}/.bashrc", home.display()),
            "/var/log".to_owned(),
        ] {
            let outcome = scene.shell(&format!("cat {path} || ls {path}/*"));
            // In there, process 1 is the room's own, and has no environment.
            let is_own = path == "/proc/1/environ" && scene.name == "bubblewrap";
            assert!(is_own || !outcome.ending.is_success(), "{}: {path}: {outcome:?}", scene.name);
            assert_eq!(outcome.stdout.text(), "", "{}: {path}", scene.name);
        }
    });
}

fn symlink(target: &Path, link: &Path) {
    std::os::unix::fs::symlink(target, link).unwrap();
}

#[test]
fn secrets_of_the_project_are_hidden_and_the_rest_is_not() {
    in_each_room(|scene| {
        let outcome = scene.shell("cat .env app/settings.env; cat app/main.py; ls");
        assert!(!outcome.stdout.text().contains("from-the-env-file"), "{}: {outcome:?}", scene.name);
        assert!(outcome.stdout.text().contains("x = 1"), "{}: {outcome:?}", scene.name);
        assert!(outcome.stdout.text().contains("app"), "{}: {outcome:?}", scene.name);
    });
}

/// The keys of the caller are in its memory and its environment.
#[test]
fn the_caller_is_not_seen() {
    in_each_room(|scene| {
        let caller = std::process::id();
        let outcome = scene.python(&format!(
            "import os\n\
             for name in ['environ', 'cmdline', 'maps', 'mem', 'fd', 'cwd', 'root']:\n\
             \x20   for pid in [{caller}, os.getppid(), os.getpid() - 1]:\n\
             \x20       try:\n\
             \x20           path = f'/proc/{{pid}}/{{name}}'\n\
             \x20           found = os.listdir(path) if name in ('fd', 'cwd', 'root') else open(path, 'rb').read(1)\n\
             \x20           if pid == {caller} and found: print('read', path, found)\n\
             \x20       except OSError: pass\n\
             environ = open('/proc/self/environ').read()\n\
             print('PATH=' in environ, 'CARGO' in environ)\n"
        ));
        assert_eq!(outcome.stdout.text(), "True False\n", "{}: {outcome:?}", scene.name);
        // Its memory neither, and no signal reaches it.
        let outcome = scene.python(&format!(
            "import ctypes, os\n\
             libc = ctypes.CDLL(None, use_errno=True)\n\
             print(libc.ptrace(16, {caller}, 0, 0), libc.process_vm_readv({caller}, None, 0, None, 0, 0))\n\
             for call in [lambda: os.kill({caller}, 0), lambda: os.kill(-1, 0) or os.kill({caller}, 0),\n\
             \x20            lambda: os.sched_setaffinity({caller}, [0])]:\n\
             \x20   try: print('done', call())\n\
             \x20   except OSError: print('refused')\n"
        ));
        assert_eq!(
            outcome.stdout.text(),
            "-1 -1\nrefused\nrefused\nrefused\n",
            "{}: {outcome:?}",
            scene.name
        );
    });
}

#[test]
fn nothing_outside_is_written() {
    in_each_room(|scene| {
        let outside = scene.outside();
        let folder = scene.folder.path().to_owned();
        symlink(&outside, &scene.project().join("link.txt"));
        symlink(&folder, &scene.project().join("up"));
        let before = fs::metadata(&outside).unwrap();
        let outside = outside.display();
        for line in [
            format!("echo x > {outside}"),
            format!("echo x >> {outside}"),
            format!("rm -f {outside} && test ! -e {outside} || false"),
            format!("mv {outside} $TMPDIR/"),
            format!("ln {outside} $TMPDIR/x && echo x > $TMPDIR/x"),
            format!("ln -s {outside} $TMPDIR/y; echo x > $TMPDIR/y"),
            format!("truncate -s 0 {outside}"),
            format!("mkdir {}/new", folder.display()),
            "echo x > link.txt".to_owned(),
            "echo x > up/new.txt".to_owned(),
            "echo x > app/main.py".to_owned(),
            "echo x > new.py".to_owned(),
            "rm -f app/main.py; test ! -e app/main.py".to_owned(),
            "echo x > ../new.txt".to_owned(),
            "echo x > /etc/fastwright-was-here".to_owned(),
            "echo x > /usr/fastwright-was-here".to_owned(),
            "echo x > /fastwright-was-here".to_owned(),
            "echo x > /dev/fastwright-was-here".to_owned(),
            "mknod $TMPDIR/disk b 8 0".to_owned(),
        ] {
            let outcome = scene.shell(&line);
            // Beside the project there is a folder of its own that looks like the real one.
            let is_own = scene.name == "bubblewrap"
                && ["/tmp/", "link.txt", "up/", "../"].iter().any(|word| line.contains(word));
            assert!(is_own || !outcome.ending.is_success(), "{}: {line}: {outcome:?}", scene.name);
            assert_eq!(fs::read_to_string(scene.outside()).unwrap(), "outside\n", "{}: {line}", scene.name);
            assert!(
                !folder.join("new").exists() && !folder.join("new.txt").exists(),
                "{}: {line}",
                scene.name
            );
        }
        // These may say that they did it.
        scene.shell(&format!("chmod 777 {outside}; touch -d 2001-01-01 {outside}; chown 12345 {outside}"));
        let after = fs::metadata(scene.outside()).unwrap();
        assert_eq!(before.permissions(), after.permissions(), "{}", scene.name);
        assert_eq!(before.modified().unwrap(), after.modified().unwrap(), "{}", scene.name);
        fs::remove_file(scene.project().join("link.txt")).unwrap();
        fs::remove_file(scene.project().join("up")).unwrap();
        scene.is_untouched_outside();
        for path in ["/etc/fastwright-was-here", "/usr/fastwright-was-here", "/fastwright-was-here"] {
            assert!(!Path::new(path).exists(), "{}: {path}", scene.name);
        }
    });
}

#[test]
fn there_is_no_network() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    datagrams.set_nonblocking(true).unwrap();
    let (port, datagram_port) = (server.local_addr().unwrap().port(), datagrams.local_addr().unwrap().port());
    server.set_nonblocking(true).unwrap();
    in_each_room(|scene| {
        let socket = scene.project().join("service.sock");
        let _ = fs::remove_file(&socket);
        let service = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        service.set_nonblocking(true).unwrap();
        let outcome = scene.python(&format!(
            "import socket, ctypes, os\n\
             def attempt(name, call):\n\
             \x20   try: call(); print('done', name)\n\
             \x20   except OSError as error: pass\n\
             def datagram(address):\n\
             \x20   socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', address)\n\
             attempt('tcp', lambda: socket.create_connection(('127.0.0.1', {port}), 2))\n\
             attempt('outer tcp', lambda: socket.create_connection(('1.1.1.1', 443), 2))\n\
             attempt('dns', lambda: socket.getaddrinfo('example.com', 80))\n\
             attempt('outer udp', lambda: datagram(('1.1.1.1', 53)))\n\
             try: datagram(('127.0.0.1', {datagram_port}))\n\
             except OSError: pass\n\
             attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))\n\
             attempt('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))\n\
             attempt('netlink', lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))\n\
             attempt('vsock', lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))\n\
             attempt('unix', lambda: socket.socket(socket.AF_UNIX).connect({socket:?}))\n\
             libc = ctypes.CDLL(None, use_errno=True)\n\
             print(libc.syscall(425, 8, ctypes.create_string_buffer(256)), ctypes.get_errno() == 38)\n\
             print(libc.unshare(0x10000000), libc.syscall(41 | 0x40000000, 2, 1, 0))\n"
        ));
        assert_eq!(outcome.stdout.text(), "-1 True\n-1 -1\n", "{}: {outcome:?}", scene.name);
        assert!(service.accept().is_err(), "{}", scene.name);
        fs::remove_file(&socket).unwrap();
        assert!(server.accept().is_err(), "{}: somebody connected", scene.name);
        assert!(datagrams.recv(&mut [0; 8]).is_err(), "{}: a datagram came", scene.name);
    });
}

#[test]
fn who_sleeps_for_ever_is_ended() {
    in_each_room(|scene| {
        let started = Instant::now();
        let outcome = scene.run(
            CommandLine::Shell("sleep 98761".to_owned()),
            Limits { wall: Duration::from_millis(500), ..Limits::default() },
        );
        assert_eq!(outcome.ending, Ending::Limit(Limit::Wall), "{}", scene.name);
        assert!(started.elapsed() < Duration::from_secs(10), "{}", scene.name);
        is_gone("98761");
    });
}

#[test]
fn who_computes_for_ever_is_ended() {
    in_each_room(|scene| {
        let limits = Limits { cpu: Duration::from_secs(1), ..limits() };
        let outcome = scene.run(python("while True: pass"), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Cpu), "{}: {outcome:?}", scene.name);
        // In many short processes, none of which uses much.
        for line in
            ["while true; do /usr/bin/env true; done", "trap '' CHLD; while true; do /usr/bin/env true; done"]
        {
            let limits = Limits { wall: Duration::from_secs(100), ..limits };
            let outcome = scene.run(CommandLine::Shell(line.to_owned()), limits);
            assert_eq!(outcome.ending, Ending::Limit(Limit::Cpu), "{}: {outcome:?}", scene.name);
        }
    });
}

/// Starts at most 340 processes, in case that nothing holds them.
fn bomb(word: &str, first: &str) -> CommandLine {
    python(&format!(
        "import os, time\n\
         # {word}\n\
         depth = 0\n\
         made = 0\n\
         end = time.time() + 8\n\
         while time.time() < end:\n\
         \x20   try:\n\
         \x20       if depth < 4 and made < 4:\n\
         \x20           if os.fork() == 0:\n\
         \x20               depth += 1; made = 0; {first}\n\
         \x20           else:\n\
         \x20               made += 1\n\
         \x20       else: time.sleep(0.01)\n\
         \x20   except OSError: time.sleep(0.01)\n"
    ))
}

#[test]
fn a_fork_bomb_is_ended() {
    in_each_room(|scene| {
        for first in ["pass", "os.setsid()", "os.setpgid(0, 0)"] {
            let limits = Limits { processes: 40, ..limits() };
            let outcome = scene.run(bomb("bomb-76543", first), limits);
            assert_eq!(outcome.ending, Ending::Limit(Limit::Processes), "{}: {outcome:?}", scene.name);
            is_gone("bomb-76543");
        }
    });
}

/// However quickly they are started: the kernel does not let more be.
#[test]
fn there_are_never_many_more_processes_than_allowed() {
    in_each_room(|scene| {
        let limits = Limits { processes: 30, ..limits() };
        let code = "import os, time\n\
                    # bomb-76545\n\
                    made = []\n\
                    try:\n\
                    \x20   for _ in range(300): made.append(os.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '3'))\n\
                    except OSError: pass\n\
                    open(os.environ['TMPDIR'] + '/x', 'w')\n\
                    os.write(1, str(len(made)).encode())\n\
                    time.sleep(5)\n";
        let outcome = scene.run(python(code), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Processes), "{}: {outcome:?}", scene.name);
        let made: u64 = outcome.stdout.text().parse().unwrap_or(0);
        assert!(made <= 46, "{}: {made}", scene.name);
        is_gone("bomb-76545");
    });
}

#[test]
fn a_daemon_does_not_stay() {
    in_each_room(|scene| {
        let code = "import os, sys, time\n\
                    if os.fork() == 0:\n\
                    \x20   os.setsid()\n\
                    \x20   if os.fork() == 0:\n\
                    \x20       for number in range(3): os.close(number)\n\
                    \x20       os.execvp('sleep', ['sleep', '98762'])\n\
                    \x20   os._exit(0)\n\
                    time.sleep(0.3)\n\
                    print('done')\n";
        let outcome = scene.python(code);
        assert_eq!(outcome.ending, Ending::Exited(0), "{}: {outcome:?}", scene.name);
        assert_eq!(outcome.stdout.text(), "done\n");
        assert_eq!(processes_with("98762"), Vec::<i32>::new(), "{}", scene.name);
        // One that keeps the output open does not keep us.
        let started = Instant::now();
        let outcome = scene.shell("sleep 98763 & echo started");
        assert_eq!(outcome.stdout.text(), "started\n", "{}", scene.name);
        assert!(started.elapsed() < Duration::from_secs(10));
        is_gone("98763");
    });
}

#[test]
fn who_takes_memory_is_ended() {
    in_each_room(|scene| {
        let limits = Limits { memory: 200 << 20, ..limits() };
        let code = "import time\n\
                    blocks = []\n\
                    for _ in range(700):\n\
                    \x20   blocks.append(bytearray(b'x') * (1 << 20))\n\
                    time.sleep(3)\n";
        let outcome = scene.run(python(code), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Memory), "{}: {outcome:?}", scene.name);
        // All at once, which is refused.
        let outcome = scene.run(python("x = bytearray(8 << 30); print(len(x))"), limits);
        assert!(outcome.stderr.text().contains("MemoryError"), "{}: {outcome:?}", scene.name);
        // Together.
        let code = "import os, time\n\
                    for _ in range(5):\n\
                    \x20   if os.fork() == 0: break\n\
                    block = bytearray(b'x') * (80 << 20)\n\
                    time.sleep(5)\n";
        let outcome = scene.run(python(code), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Memory), "{}: {outcome:?}", scene.name);
    });
}

#[test]
fn who_fills_the_disk_is_ended() {
    in_each_room(|scene| {
        let limits = Limits { file_size: 8 << 20, disk: 20 << 20, ..limits() };
        let outcome = scene.run(CommandLine::Shell("exec yes > $TMPDIR/file".to_owned()), limits);
        assert!(
            matches!(outcome.ending, Ending::Limit(Limit::FileSize) | Ending::Exited(1)),
            "{}: {outcome:?}",
            scene.name
        );
        let line = "i=0; while true; do head -c 4000000 /dev/zero > $TMPDIR/$i || exit 9; i=$((i+1)); done";
        let outcome = scene.run(CommandLine::Shell(line.to_owned()), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Disk), "{}: {outcome:?}", scene.name);
        let deleted = "import os, tempfile, time\n\
                       files = []\n\
                       for _ in range(40):\n\
                       \x20   file = tempfile.TemporaryFile()\n\
                       \x20   file.write(b'x' * 4000000); file.flush()\n\
                       \x20   files.append(file)\n\
                       \x20   time.sleep(0.05)\n\
                       time.sleep(5)\n";
        let outcome = scene.run(python(deleted), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Disk), "{}: {outcome:?}", scene.name);
        let many = "import os\n\
                    os.chdir(os.environ['TMPDIR'])\n\
                    number = 0\n\
                    while True:\n\
                    \x20   number += 1\n\
                    \x20   os.mkdir(str(number))\n";
        let outcome = scene.run(python(many), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Disk), "{}: {outcome:?}", scene.name);
        let deep = "import os, time\n\
                    os.chdir(os.environ['TMPDIR'])\n\
                    for _ in range(60):\n\
                    \x20   os.mkdir('x' * 200); os.chdir('x' * 200)\n\
                    time.sleep(5)\n";
        let outcome = scene.run(python(deep), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Disk), "{}: {outcome:?}", scene.name);
        let shared = "import os, time\n\
                      number = 0\n\
                      try:\n\
                      \x20   while True:\n\
                      \x20       number += 1\n\
                      \x20       open(f'/dev/shm/{number}', 'wb').write(b'x' * 4000000)\n\
                      except OSError: print('refused')\n";
        let outcome = scene.run(python(shared), limits);
        assert!(
            outcome.ending == Ending::Limit(Limit::Disk) || outcome.stdout.text() == "refused\n",
            "{}: {outcome:?}",
            scene.name
        );
    });
}

#[test]
fn output_without_end_is_cut_and_ended() {
    in_each_room(|scene| {
        let limits = Limits { output: 10_000, ..limits() };
        let outcome = scene.run(CommandLine::Shell("yes".to_owned()), limits);
        assert_eq!(outcome.ending, Ending::Limit(Limit::Output), "{}", scene.name);
        assert_eq!(outcome.stdout.head.len(), 5_000);
        assert_eq!(outcome.stdout.tail.len(), 5_000);
        assert!(outcome.stdout.left_out > 0);
        let outcome = scene.run(CommandLine::Shell("seq 1 20000".to_owned()), limits);
        assert_eq!(outcome.ending, Ending::Exited(0), "{}", scene.name);
        assert!(outcome.stdout.head.starts_with("1\n2\n") && outcome.stdout.tail.ends_with("19999\n20000\n"));
    });
}

#[test]
fn a_command_is_stopped_when_the_caller_says_so_or_lets_go() {
    in_each_room(|scene| {
        let project = scene.project();
        let request =
            Request::new(CommandLine::Shell("sleep 98764; true".to_owned()), Project::ReadOnly(&project));
        let running = scene.sandbox.start(&request).unwrap();
        let stop = running.stop();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            stop.stop();
        });
        let outcome = running.wait().unwrap();
        assert_eq!(outcome.ending, Ending::Stopped, "{}", scene.name);
        stopper.join().unwrap();
        is_gone("98764");
        let running = scene.sandbox.start(&request).unwrap();
        drop(running);
        is_gone("98764");
    });
}

#[test]
fn nothing_is_left_behind() {
    in_each_room(|scene| {
        let outcome = scene.shell(
            "mkdir -m 000 $TMPDIR/closed; mkdir $HOME/x; touch $HOME/x/y; chmod 0 $HOME/x; echo $HOME",
        );
        let text = outcome.stdout.text();
        let home = Path::new(text.trim());
        assert!(home.ends_with("home"), "{outcome:?}");
        assert!(!home.exists() && !home.parent().unwrap().exists(), "{}: {outcome:?}", scene.name);
    });
}

#[test]
fn a_scratch_copy_is_written_and_the_project_is_not() {
    in_each_room(|scene| {
        fs::write(scene.project().join("app/run.sh"), "#!/bin/sh\necho ran\n").unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(scene.project().join("app/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink(Path::new("main.py"), &scene.project().join("app/inside.py"));
        symlink(&scene.outside(), &scene.project().join("app/outside.py"));
        symlink(Path::new("../../outside.txt"), &scene.project().join("app/upwards.py"));
        fs::create_dir_all(scene.project().join(".venv/bin")).unwrap();
        fs::write(scene.project().join(".venv/pyvenv.cfg"), "").unwrap();
        let mut scratch = Scratch::copy(&scene.project(), 1 << 20).unwrap();
        assert_eq!(scratch.left_out(), [".env", "app/outside.py", "app/settings.env", "app/upwards.py"]);
        scratch.write("app/new/module.py", b"y = 2\n").unwrap();
        assert!(scratch.write("../x", b"").is_err());
        let line = "echo 'x = 2' > app/main.py; cat app/inside.py app/new/module.py; echo z > app/made.py; \
                    app/run.sh; ls -a; cat .env";
        let mut request = Request::new(CommandLine::Shell(line.to_owned()), Project::Scratch(&scratch));
        request.limits = limits();
        let outcome = scene.sandbox.run(&request).unwrap();
        assert_eq!(outcome.stdout.text(), "x = 2\ny = 2\nran\n.\n..\napp\n", "{}: {outcome:?}", scene.name);
        assert_eq!(scratch.changed(), ["app/main.py"]);
        assert_eq!(scratch.read("app/main.py", 100).unwrap(), b"x = 2\n");
        assert!(scratch.read("app/main.py", 3).is_err());
        assert_eq!(fs::read_to_string(scene.project().join("app/main.py")).unwrap(), "x = 1\n");
        assert!(!scene.project().join("app/made.py").exists());
        assert!(Scratch::copy(&scene.project(), 5).is_err());
        let path = scratch.path().to_owned();
        drop(scratch);
        assert!(!path.exists());
    });
}

/// The usual way to work on a package: it is imported from its own folder. In a copy, the copy counts.
#[test]
fn a_project_that_is_installed_from_its_folder_is_imported_from_the_copy() {
    in_each_room(|scene| {
        let project = scene.project();
        let package = project.join("src/shop");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("__init__.py"), "value = 'original'\n").unwrap();
        let environment = scene.folder.path().join("environment");
        let made = std::process::Command::new(system_python())
            .args(["-m", "venv", "--without-pip"])
            .arg(&environment)
            .status()
            .unwrap();
        assert!(made.success());
        let packages = fs::read_dir(environment.join("lib")).unwrap().next().unwrap().unwrap().path();
        let line = format!("{}\n", project.join("src").canonicalize().unwrap().display());
        fs::write(packages.join("site-packages/shop.pth"), line).unwrap();
        let python = PythonEnvironment::of_folder(&environment).unwrap();
        let command = || {
            CommandLine::Arguments(
                ["python", "-c", "import shop; print(shop.value)"].map(str::to_owned).to_vec(),
            )
        };
        let request = Request::new(command(), Project::ReadOnly(&project)).with_python(&python);
        let outcome = scene.sandbox.run(&request).unwrap();
        assert_eq!(outcome.stdout.text(), "original\n", "{}: {outcome:?}", scene.name);
        let mut scratch = Scratch::copy(&project, 1 << 20).unwrap();
        scratch.write("src/shop/__init__.py", b"value = 'changed'\n").unwrap();
        let request = Request::new(command(), Project::Scratch(&scratch)).with_python(&python);
        let outcome = scene.sandbox.run(&request).unwrap();
        assert_eq!(outcome.stdout.text(), "changed\n", "{}: {outcome:?}", scene.name);
    });
}

#[test]
fn nothing_wide_is_made_readable() {
    in_each_room(|scene| {
        let project = scene.project();
        for path in ["/", "/etc", "/proc", "/proc/self/root", "/tmp", scene.folder.path().to_str().unwrap()] {
            let mut request =
                Request::new(CommandLine::Shell("true".to_owned()), Project::ReadOnly(&project));
            request.readable.push(PathBuf::from(path));
            assert!(matches!(scene.sandbox.run(&request), Err(RunError::Request(_))), "{path}");
        }
    });
}

#[test]
fn without_enforcement_only_the_user_may_agree() {
    let scene = Scene::new("nothing", Sandbox::with_preference(helper(), Preference::Nothing));
    is_refused(&scene);
    let project = scene.project();
    let mut request =
        Request::new(CommandLine::Shell("env; cat app/main.py".to_owned()), Project::ReadOnly(&project));
    request.without_enforcement = WithoutEnforcement::UserAgreed;
    let outcome = scene.sandbox.run(&request).unwrap();
    assert!(outcome.ending.is_success());
    assert!(outcome.stdout.text().contains("x = 1") && !outcome.stdout.text().contains("CARGO"));
    assert!(!outcome.enforcement.is_enforced());
    // Limits hold all the same.
    request.command = CommandLine::Shell("sleep 98765 & setsid sleep 98765 & sleep 98765".to_owned());
    request.limits.wall = Duration::from_millis(300);
    assert_eq!(scene.sandbox.run(&request).unwrap().ending, Ending::Limit(Limit::Wall));
    is_gone("98765");
}

/// A helper that is not ours says nothing that we believe.
#[test]
fn a_helper_that_is_none_is_no_enforcement() {
    let helper = Helper { program: PathBuf::from("/bin/true"), arguments: Vec::new() };
    let sandbox = Sandbox::with_preference(helper, Preference::OnlyLandlock);
    assert!(!sandbox.enforcement().is_enforced());
}

#[test]
fn a_supervisor_whose_caller_dies_ends_everything() {
    use std::io::Write as _;
    let scene = Scene::new("landlock", Sandbox::with_preference(helper(), Preference::Nothing));
    let project = scene.project();
    let mut request = Request::new(CommandLine::Shell("sleep 98766".to_owned()), Project::ReadOnly(&project));
    request.without_enforcement = WithoutEnforcement::UserAgreed;
    // The caller's end of the pipe closes when it dies: here it is let go without being asked for an answer.
    let running = scene.sandbox.start(&request).unwrap();
    let started = Instant::now();
    while processes_with("98766").is_empty() {
        assert!(started.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(10));
    }
    running.stop().stop();
    is_gone("98766");
    drop(running);
    let _ = std::io::stderr().flush();
}
