/**
 * The script of the process that runs a model's Python, given to `python3 -c`. It reads a JSON list of programs from standard input and
 * writes a line of JSON for each, as soon as it has ended. What programs may need is imported first; then rights and resources are
 * given up, and last an audit hook (PEP 578) denies every event but those of plain computing. A hook can't be removed.
 */
export const PYTHON_SANDBOX = `
import io, json, os, resource, sys
import abc, collections, contextlib, copy, dataclasses, enum, functools, inspect, itertools, math, operator, re, string, typing

programs = json.loads(sys.stdin.read())
out = sys.stdout

for limit, value in (
    (resource.RLIMIT_AS, 512 << 20),
    (resource.RLIMIT_CPU, 2),
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

def hook(event, arguments, allowed=frozenset((
    'compile', 'exec', 'import', 'object.__getattr__', 'object.__setattr__', 'code.__new__', 'function.__new__', 'sys._getframe',
    'sys._getframemodulename', 'builtins.id',
))):
    if event not in allowed:
        raise PermissionError('denied: ' + event)
sys.addaudithook(hook)

for program in programs:
    module = type(sys)('program')
    sys.modules['program'] = module
    module.show = lambda value: print(json.dumps(value))
    sys.stdout = io.StringIO()
    try:
        exec(compile(program, 'program.py', 'exec'), module.__dict__)
        result = {'kind': 'ran', 'output': sys.stdout.getvalue()}
    except BaseException as error:
        result = {'kind': 'failed', 'why': type(error).__name__ + ': ' + str(error)}
    out.write(json.dumps(result) + '\\n')
    out.flush()
`;
