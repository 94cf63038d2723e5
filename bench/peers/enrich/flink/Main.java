// Flink Async I/O: lines from a socket, unordered waiting, results appended and synced together. Capacity and buffer
// timeout are set for this load: the defaults are 100 calls and 100 ms.
import java.io.BufferedWriter;
import java.io.FileOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.async.RichAsyncFunction;
import org.apache.flink.streaming.api.functions.sink.legacy.RichSinkFunction;

public class Main {
  static final int PARALLEL = 2;
  static final int CAPACITY = 4000;
  static final long TOGETHER_MS = 10;

  public static void main(String[] args) throws Exception {
    int feed = Integer.parseInt(args[0]);
    String outside = "http://127.0.0.1:" + args[1] + "/v1/analyze";
    String results = args[2];
    var environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(1);
    environment.setBufferTimeout(5);
    environment.getConfig().enableObjectReuse();
    var lines = environment.socketTextStream("127.0.0.1", feed, "\n").rebalance();
    AsyncDataStream.unorderedWait(lines, new Ask(outside), 60, TimeUnit.SECONDS, CAPACITY / PARALLEL)
        .returns(Types.STRING)
        .setParallelism(PARALLEL)
        .addSink(new Results(results))
        .setParallelism(1);
    environment.execute();
  }

  static class Ask extends RichAsyncFunction<String, String> {
    final String outside;
    transient HttpClient client;

    Ask(String outside) {
      this.outside = outside;
    }

    @Override
    public void open(OpenContext context) {
      client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @Override
    public void asyncInvoke(String line, ResultFuture<String> result) {
      String[] parts = line.split("\t", 3);
      // The feeder's texts need no escaping.
      var body = HttpRequest.BodyPublishers.ofString("{\"text\":\"" + parts[2] + "\"}");
      var request = HttpRequest.newBuilder(URI.create(outside)).header("Content-Type", "application/json").POST(body).build();
      client.sendAsync(request, HttpResponse.BodyHandlers.ofString()).whenComplete((answer, why) -> {
        if (why != null) {
          System.err.println(why);
          result.complete(Collections.emptyList());
        } else {
          result.complete(List.of(parts[0] + "\t" + parts[1] + "\t" + answer.body()));
        }
      });
    }
  }

  static class Results extends RichSinkFunction<String> {
    final String path;
    transient List<String> waiting;
    transient Thread writer;
    transient volatile boolean isOver;

    Results(String path) {
      this.path = path;
    }

    @Override
    public void open(OpenContext context) {
      waiting = new ArrayList<>();
      writer = new Thread(this::write, "results");
      writer.start();
    }

    @Override
    public void invoke(String result, Context context) {
      synchronized (this) {
        waiting.add(result);
      }
    }

    @Override
    public void close() throws Exception {
      isOver = true;
      if (writer != null) writer.join();
    }

    void write() {
      try (var results = new FileOutputStream(path); BufferedWriter times = Files.newBufferedWriter(Path.of(path + ".times"))) {
        while (true) {
          boolean last = isOver;
          List<String> lines;
          synchronized (this) {
            lines = waiting;
            waiting = new ArrayList<>();
          }
          if (!lines.isEmpty()) {
            results.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
            results.getChannel().force(false);
            Instant now = Instant.now();
            long written = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
            for (String line : lines) {
              String[] parts = line.split("\t", 3);
              times.write(parts[0] + "\t" + parts[1] + "\t" + written + "\n");
            }
          } else if (last) {
            return;
          }
          Thread.sleep(TOGETHER_MS);
        }
      } catch (Exception why) {
        why.printStackTrace();
      }
    }
  }
}
