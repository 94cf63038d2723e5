# start.sh FOLDER FEED OUTSIDE RESULTS
lib=$(echo "$1"/venv/lib/python3*/site-packages/pyflink/lib)
# Without these, java.net.http opens a connection for most calls, or is refused Flink's serialisation.
exec java -Xmx2g -XX:+UseParallelGC -Djdk.httpclient.connectionPoolSize=0 -Djdk.httpclient.keepalive.timeout=60 \
  --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED \
  -cp "$1/classes:$lib/*" Main "$2" "$3" "$4"
