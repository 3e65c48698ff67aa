using System.Text;
using SpoolWorker.Commands.Output;

namespace SpoolWorker.Tests.Commands;

/// <summary>The log's way to standard error.</summary>
public sealed class LineWriterTests
{
    [Fact]
    public void Lines_of_many_threads_arrive_whole_each_threads_in_its_order()
    {
        const int Threads = 4, Lines = 5_000;
        var to = new Sink();
        using (var writer = new LineWriter(to))
        {
            Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
            {
                for (var i = 0; i < Lines; i++) writer.Write(new StringBuilder().Append(thread).Append(' ').Append(i).Append('\n'));
            });
        }
        var lines = to.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).GroupBy(l => l[0]).ToList();
        lines.Should().HaveCount(Threads).And.AllSatisfy(own => own.Should().Equal(Enumerable.Range(0, Lines).Select(i => $"{own.Key} {i}")));
        to.Writes.Should().BeLessThan(Threads * Lines / 2, "those of a moment go together");
    }

    [Fact]
    public void A_character_that_lies_in_two_pieces_of_the_text_is_one()
    {
        // There is room for one character in its first piece.
        var text = new StringBuilder(1).Append('\ud83d').Append("\udce8\n");
        var pieces = 0;
        foreach (var _ in text.GetChunks()) pieces++;
        pieces.Should().Be(2);
        var to = new Sink();
        using (var writer = new LineWriter(to)) writer.Write(text);
        to.Text.Should().Be("\ud83d\udce8\n");
    }

    [Fact]
    public void Where_nobody_reads_those_who_write_wait_and_no_line_is_lost()
    {
        const int Lines = 4_096;
        var line = new string('x', 1023) + "\n";
        var to = new Sink { Gate = new ManualResetEventSlim() };
        using var writer = new LineWriter(to);
        var written = 0;
        var thread = new Thread(() =>
        {
            for (; written < Lines; written++) writer.Write(new StringBuilder(line));
        });
        thread.Start();
        SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin) && written > 1024, TimeSpan.FromSeconds(30)).Should().BeTrue();
        var waiting = written;
        waiting.Should().BeLessThan(Lines);

        to.Gate.Set();
        thread.Join();
        writer.Dispose();

        to.Text.Length.Should().Be(Lines * line.Length);
    }

    [Fact]
    public void What_comes_behind_the_end_is_written_at_once()
    {
        var to = new Sink();
        var writer = new LineWriter(to);
        writer.Write(new StringBuilder("before\n"));
        writer.Dispose();
        to.Text.Should().Be("before\n");

        writer.Write(new StringBuilder("behind\n"));

        to.Text.Should().Be("before\nbehind\n");
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(UnauthorizedAccessException))]
    public void A_reader_that_is_gone_stops_nobody(Type failure)
    {
        var to = new Sink { Failure = (Exception)Activator.CreateInstance(failure)! };
        var writer = new LineWriter(to);
        writer.Write(new StringBuilder("lost\n"));
        writer.Dispose();
        to.Writes.Should().Be(1);
    }

    private sealed class Sink : MemoryStream
    {
        public ManualResetEventSlim? Gate { get; init; }

        public Exception? Failure { get; init; }

        public int Writes { get; private set; }

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Gate?.Wait();
            Writes++;
            if (Failure is not null) throw Failure;
            base.Write(buffer);
        }
    }
}
