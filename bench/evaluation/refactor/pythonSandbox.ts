/**
 * The script of the process that runs a model's Python, given to `python3 -c`. What it needs is imported first; then rights and
 * resources are given up, and last an audit hook (PEP 578) denies every event but those of plain computing. A hook can't be removed.
 */
export const PYTHON_SANDBOX = `
import sys, os, json, resource
import abc, collections, contextlib, copy, dataclasses, enum, functools, inspect, itertools, math, operator, re, string, typing

program = sys.stdin.read()
space = {'__name__': 'program'}
sys.modules['program'] = type(sys)('program')
space = sys.modules['program'].__dict__

def show(value):
    print(json.dumps(value))
space['show'] = show

for limit, value in (
    (resource.RLIMIT_AS, 512 << 20),
    (resource.RLIMIT_CPU, 5),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NOFILE, 3),
    (resource.RLIMIT_CORE, 0),
):
    resource.setrlimit(limit, (value, value))
if os.getuid() == 0:
    try:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    except OSError:
        # In a user namespace of its own root has no rights outside, and there is no other user.
        pass

allowed = {'compile', 'exec', 'import', 'object.__getattr__', 'code.__new__', 'builtins.id'}
def hook(event, arguments, allowed=frozenset(allowed)):
    if event not in allowed:
        raise PermissionError('denied: ' + event)
sys.addaudithook(hook)
exec(compile(program, 'program.py', 'exec'), space)
`;
