// `node example.mjs http://127.0.0.1:8080 ada` (Node 22; before it `node --experimental-websocket`)
import { connect } from "./hubbub.js";

const [url = "http://127.0.0.1:8080", user = "ada"] = process.argv.slice(2);
const client = await connect({ url, user });
client.subscribe("lobby", { from: { last: 10 }, message: (said) => console.log(`${said.sender}: ${said.body}`) });
const sent = await client.send("lobby", "Hello from Node!");
console.log(`durable as ${sent.conversation} ${sent.seq}`);
client.close();
