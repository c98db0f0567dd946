"""Programs that call Cyps.Server from Windows: run there, never here."""

VBSCRIPT = """\
Option Explicit
Dim s, r, target(1, 0), base(1, 0), ones(1, 0)
Set s = CreateObject("Cyps.Server")
WScript.Echo s.Version()
target(0, 0) = 96.0 : target(1, 0) = 104.0
base(0, 0) = 100.0 : base(1, 0) = 100.0
ones(0, 0) = 1.0 : ones(1, 0) = 1.0
r = s.CallFunction("CYPS_DAMP", Array(target, base, 0.0))
WScript.Echo r(0) & " " & UBound(r(1), 1) & " " & UBound(r(1), 2) & " " & r(1)(0, 0) & " " & TypeName(r(1)(0, 0))
r = s.CallFunction("CYPS_DAMP", Array(target, base, 0.0, Empty, Null))
WScript.Echo r(0) & " " & r(1)(1, 0)
r = s.CallFunction("CYPS_DAMP", Array(target, base, 0.5))
WScript.Echo r(0) & " " & r(1)
r = s.CallFunction("CYPS_PACK", Array("sample"))
r = s.CallFunction("CYPS_PACK_INFO", Array(r(1)))
WScript.Echo r(0) & " " & TypeName(r(1)(0, 0))
base(1, 0) = Empty
r = s.CallFunction("CYPS_RANK", Array(base))
WScript.Echo r(0) & " " & r(1)
base(1, 0) = #2026-11-20 12:00:00#
r = s.CallFunction("CYPS_RATE", Array(base, ones, 1.0))
WScript.Echo r(0) & " " & r(1)(1, 0)
r = s.CallFunction("CYPS_VERSION", Array())
WScript.Echo r(0) & " " & r(1)
r = s.RunAction("about", "")
WScript.Echo r(0) & " " & r(1)(1, 0) & " " & r(1)(1, 1)
r = s.CallFunction("Exec", Array("1"))
WScript.Echo r(0) & " " & r(1)
r = s.CallFunction("CYPS_RANK", Array(1, 2, 3))
WScript.Echo r(0) & " " & r(1)
WScript.Echo s.LastError()
On Error Resume Next
s.Exec "1"
WScript.Echo "Exec " & (Err.Number <> 0) : Err.Clear
s.Eval "1"
WScript.Echo "Eval " & (Err.Number <> 0) : Err.Clear
On Error Goto 0
WScript.Echo "done"
"""

# As the ribbon's VBA does: a place for a copy, the copy, the action.
ACTIONS = """\
Option Explicit
Dim s, r, files
Set s = CreateObject("Cyps.Server")
Set files = CreateObject("Scripting.FileSystemObject")
r = s.RunAction("copy_place", "Settlement.xlsx", "")
files.CopyFile WScript.Arguments(0), r(1)
r = s.RunAction("shares", "", r(1))
WScript.Echo r(0) & " " & UBound(r(1), 1) & " " & r(1)(0, 0) & " " & r(1)(1, 1) & " " & TypeName(r(1)(1, 2))
r = s.RunAction("copy_place", "Settlement.xlsx", "")
files.CopyFile WScript.Arguments(0), r(1)
r = s.RunAction("assume", "floor=-1%", r(1))
WScript.Echo r(0) & " " & r(1)(1, 0) & " " & r(1)(1, 2)
r = s.RunAction("shares", "", "C:\\nowhere.xlsx")
WScript.Echo r(0) & " " & r(1)
r = s.RunAction("diagnostics", "", "")
WScript.Echo r(0) & " " & r(1)(0, 0)
WScript.Echo "done"
"""

# What VBA hands over, byte for byte: ranges begin at 1, error cells are VT_ERROR.
RAW = r"""
import ctypes, json, sys
from ctypes import byref, c_long
import comtypes
from comtypes import CoCreateInstance, GUID, CLSCTX_LOCAL_SERVER
from comtypes.automation import (
    DISPATCH_METHOD, DISPPARAMS, EXCEPINFO, IDispatch, VARIANT, VT_ARRAY, VT_ERROR, VT_VARIANT)

ole = ctypes.WinDLL("oleaut32")
class Bound(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ulong), ("first", c_long)]
class Raw(ctypes.Structure):
    _fields_ = [("vt", ctypes.c_ushort), ("reserved", ctypes.c_ushort * 3), ("held", ctypes.c_longlong), ("more", ctypes.c_longlong)]
ole.SafeArrayCreate.restype = ctypes.c_void_p
ole.SafeArrayCreate.argtypes = [ctypes.c_ushort, ctypes.c_uint, ctypes.c_void_p]
ole.SafeArrayPutElement.argtypes = [ctypes.c_void_p] * 3

def raw(variant):
    return Raw.from_address(ctypes.addressof(variant))
def special(vt, held):
    variant = VARIANT()
    raw(variant).vt, raw(variant).held = vt, held
    return variant
def error(number):
    return special(VT_ERROR, (0x800A0000 + number) & 0xFFFFFFFF)
MISSING, NULL = special(VT_ERROR, 0x80020004), special(1, 0)
def date(day):
    variant = special(7, 0)
    ctypes.c_double.from_address(ctypes.addressof(variant) + 8).value = day
    return variant
def array(bounds, places):
    pointer = ole.SafeArrayCreate(VT_VARIANT, len(bounds), (Bound * len(bounds))(*bounds))
    for place, value in places:
        element = value if isinstance(value, VARIANT) else VARIANT(value)
        ole.SafeArrayPutElement(pointer, (c_long * len(place))(*place), ctypes.addressof(element))
    return special(VT_ARRAY | VT_VARIANT, pointer)
def cells(*rows):
    bounds = (Bound(len(rows), 1), Bound(len(rows[0]), 1))
    return array(bounds, [((i, j), v) for i, row in enumerate(rows, 1) for j, v in enumerate(row, 1)])
def listed(*values):
    return array((Bound(len(values), 0),), [((i,), v) for i, v in enumerate(values)])

comtypes.CoInitialize()
server = CoCreateInstance(GUID.from_progid("Cyps.Server"), interface=IDispatch, clsctx=CLSCTX_LOCAL_SERVER)
def call(name, *given):
    wanted = [VARIANT("CYPS_" + name), listed(*given)]
    packed = (VARIANT * 2)()
    for i, one in enumerate(reversed(wanted)):
        ctypes.memmove(ctypes.addressof(packed) + i * ctypes.sizeof(VARIANT), ctypes.addressof(one), ctypes.sizeof(VARIANT))
    told = DISPPARAMS()
    told.cArgs, told.cNamedArgs = 2, 0
    told.rgvarg = ctypes.cast(packed, type(told.rgvarg))
    result, failed, which = VARIANT(), EXCEPINFO(), ctypes.c_uint()
    ident = server.GetIDsOfNames("CallFunction")[0]
    server._IDispatch__com_Invoke(ident, byref(GUID()), 0, DISPATCH_METHOD, byref(told), byref(result), byref(failed), byref(which))
    ctypes.memset(packed, 0, ctypes.sizeof(packed))
    return result.value

print(json.dumps([
    call("RANK", cells([5.0], [9.0], [1.0])),
    call("RANK", cells([5.0], [error(2042)])),
    call("RANK", cells([5.0], [error(2007)])),
    call("DAMP", cells([96.0], [104.0]), cells([100.0], [100.0]), 0.0, MISSING, NULL, MISSING),
    call("DAMP", cells([96.0, 104.0]), cells([100.0, 100.0]), MISSING),
    call("RATE", cells([date(46346.5)]), 1.0, 1.0),
    call("RATE", cells([True]), 1.0),
    call("RANK", cells(["\u00a3"], [2.0])),
    call("SHARES", cells([30.0, 5.0], [10.0, 5.0]), cells([3.0, 1.0])),
    call("VERSION"),
]))
server = None
import gc; gc.collect()
print("done")
"""

# What follows asks how a server ended: its process is held, and its exit code read afterwards.
SERVERS = r'''
import gc, sys, time
import pywintypes, win32api, win32com.client, win32con, win32event, win32process
def servers():
    """The processes of servers that run, by their programs: no client has such a one."""
    found = []
    for process in win32process.EnumProcesses():
        try:
            held = win32api.OpenProcess(
                win32con.PROCESS_QUERY_INFORMATION | win32con.PROCESS_VM_READ | win32con.SYNCHRONIZE,
                False, process)
            name = win32process.GetModuleFileNameEx(held, 0).lower()
        except pywintypes.error:
            continue
        if name.endswith(("pythonw.exe", "cyps-server.exe")):
            found.append(held)
    return found
def ended(held):
    """Its exit code, when it has ended by itself."""
    assert win32event.WaitForSingleObject(held, 60_000) == win32event.WAIT_OBJECT_0, "it goes on"
    return win32process.GetExitCodeProcess(held)
'''

LIFE = (
    SERVERS
    + r'''
"""Cold activations in a row: each must find no server, start one, and leave none."""
def gone():
    try:
        win32event.OpenMutex(0x00100000, False, "Local\\Cyps.Server.only").Close()
        return False
    except pywintypes.error:
        return True
for _ in range(int(sys.argv[1])):
    end = time.monotonic() + 60
    while not gone():
        assert time.monotonic() < end, "the last server did not end"
        time.sleep(0.05)
    server = win32com.client.Dispatch("Cyps.Server")
    server.Attach(0)
    (process,) = servers()
    del server
    gc.collect()
    assert ended(process) == 0
print("done")
'''
)

PARALLEL = r'''
"""One of several clients at once: many calls, each with its own answer."""
import sys, time
import win32com.client
server = win32com.client.Dispatch("Cyps.Server")
mine = float(sys.argv[1])
for i in range(15):
    rows = tuple((mine * 1000 + i + j,) for j in range(20))
    ones = tuple((1.0,) for _ in rows)
    state, got = server.CallFunction("CYPS_RATE", (rows, ones, 1.0))
    assert state == "OK" and got == tuple((row[0],) for row in rows), (state, got)
print("done")
'''

HALF_READY = r'''
"""The session's server at the moment before COM knows it: waits for the next server's knock."""
import sys
import pythoncom, win32event
from cyps_addin.windows import com_server, processes
server = processes.OneServer()
assert server.mine()
pythoncom.CoInitialize()
win32event.SetEvent(server.ready)
with open(sys.argv[1], "w") as ready:
    ready.write("ready")
assert win32event.WaitForSingleObject(server.knock, 60_000) == win32event.WAIT_OBJECT_0
com_server._serve_alone(server)
server.let_go()
print("done")
'''

CRASHES = r'''
"""Stands for Excel: holds the server by a window of its own, then waits to be killed."""
import time, sys
import win32com.client, win32gui
window = win32gui.CreateWindow("STATIC", "Excel", 0, 0, 0, 0, 0, -3, 0, 0, None)
server = win32com.client.Dispatch("Cyps.Server")
assert server.Attach(window) is True
with open(sys.argv[1], "w") as ready:
    ready.write(server.Version())
time.sleep(600)
'''

REENTERED = r'''
"""A server's answer is asked for while another call of the same client is being made."""
import threading, pythoncom, win32com.client
marshalled = pythoncom.CoMarshalInterThreadInterfaceInStream
server = win32com.client.Dispatch("Cyps.Server")
found = []
def other(stream):
    pythoncom.CoInitialize()
    mine = win32com.client.Dispatch(pythoncom.CoGetInterfaceAndReleaseStream(stream, pythoncom.IID_IDispatch))
    for i in range(20):
        found.append(mine.CallFunction("CYPS_RATE", (float(i), 1.0, 1.0))[1])
    pythoncom.CoUninitialize()
threads = [threading.Thread(target=other, args=(marshalled(pythoncom.IID_IDispatch, server),)) for _ in range(2)]
for thread in threads: thread.start()
while any(thread.is_alive() for thread in threads):
    pythoncom.PumpWaitingMessages()
    server.CallFunction("CYPS_RATE", (1.0, 1.0, 1.0))
print(len(found))
print("done")
'''

EXAMPLES = r'''
"""Every function's example of the registry, each call of it over COM."""
import json, sys
import win32com.client
import cyps_addin.examples
from cyps_addin.registry import CELL_FUNCTIONS
server = win32com.client.Dispatch("Cyps.Server")
def rows(value):
    return tuple(map(tuple, value)) if isinstance(value, list) else value
def back(value):
    return [list(row) for row in value] if isinstance(value, tuple) else value
def call(name, *arguments):
    state, value = server.CallFunction(name, tuple(rows(one) for one in arguments))
    assert state == "OK", (name, value)
    return back(value)
cyps_addin.examples.call = call
print(json.dumps({f.name: cyps_addin.examples.run_example(f.example) for f in CELL_FUNCTIONS}))
print("done")
'''

HELD = (
    SERVERS
    + r'''
"""Holds the server while somebody else ends it, then finds a new one."""
import os
server = win32com.client.Dispatch("Cyps.Server")
(process,) = servers()
with open(sys.argv[1] + ".new", "w") as ready:
    ready.write(server.Version())
os.replace(sys.argv[1] + ".new", sys.argv[1])
print(ended(process))
try:
    server.Version()
except pywintypes.com_error:
    print("lost")
end = time.monotonic() + 120
while not os.path.exists(sys.argv[2]):
    assert time.monotonic() < end
    time.sleep(0.1)
server = None
gc.collect()
server = win32com.client.Dispatch("Cyps.Server")
print(server.CallFunction("CYPS_VERSION", ())[0])
print("done")
'''
)

ATTACHES = r'''
"""Windows that are no window, that are gone, and that are another's."""
import win32com.client, win32gui
server = win32com.client.Dispatch("Cyps.Server")
window = win32gui.CreateWindow("STATIC", "Excel", 0, 0, 0, 0, 0, -3, 0, 0, None)
gone = win32gui.CreateWindow("STATIC", "Excel", 0, 0, 0, 0, 0, -3, 0, 0, None)
win32gui.DestroyWindow(gone)
print([server.Attach(one) for one in (None, 0, gone, "1", True, 2.5)])
print([server.Attach(one) for one in (window, gone, None)])
print(server.Version())
print("done")
'''
