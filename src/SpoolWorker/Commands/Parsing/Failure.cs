// What a command did not see coming and is no bug: disks, permissions, ledgers, keys. One sentence and an exit code of
// sysexits.h; everything else is a bug and told with its stack.
using System.ComponentModel;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using LightningDB;

namespace SpoolWorker.Commands.Parsing;

/// <summary>Failures that are the world's.</summary>
internal static class Failure
{
    /// <summary>The exit code and the sentence; null for a bug.</summary>
    public static (int ExitCode, string Text)? Of(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var inner] } => Of(inner),
        TypeInitializationException { InnerException: { } inner } => Of(inner),
        TargetInvocationException { InnerException: { } inner } => Of(inner),
        // A ledger that cannot be opened, standard output on a full disk.
        IOException or UnauthorizedAccessException => (ExitCode.Of(exception), exception.Message),
        _ when IsLmdb(exception) => (ExitCode.InputOutput, $"an LMDB file failed: {exception.Message}"),
        JsonException => (ExitCode.DataError, $"a file that should hold JSON does not: {exception.Message}"),
        InvalidDataException => (ExitCode.DataError, exception.Message),
        CryptographicException => (ExitCode.Config, $"a key or a certificate cannot be used: {exception.Message}"),
        SocketException or TimeoutException => (ExitCode.TemporaryFailure, exception.Message),
        Win32Exception => (ExitCode.InputOutput, $"a program cannot be started: {exception.Message}"),
        DllNotFoundException => (ExitCode.Of(exception), $"a library of the system is missing: {exception.Message}"),
        _ => null,
    };

    // A method of its own: LightningDB is not loaded for commands that do without.
    private static bool IsLmdb(Exception exception) => exception is LightningException;
}
