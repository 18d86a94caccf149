// The TypeScript SDK's client against a server of ours: `node typescript_client.mjs URL`. It ends with 1 at the first surprise.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  ElicitRequestSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

const [url] = process.argv.slice(2);
const updated = [];
let asked = 0;

async function connected(name) {
  const client = new Client({ name, version: "1" }, { capabilities: { elicitation: {} } });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, (news) => void updated.push(news.params.uri));
  client.setNotificationHandler(ResourceListChangedNotificationSchema, () => {});
  client.setRequestHandler(ElicitRequestSchema, () => {
    asked += 1;
    return { action: "accept", content: { approve: true } };
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

function holds(condition, what) {
  if (!condition) throw new Error(`does not hold: ${what}`);
  console.log(`ok  ${what}`);
}

async function until(condition, what) {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 600) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  console.log(`ok  ${what}`);
}

const call = (client, name, args = {}) => client.callTool({ name, arguments: args });
const today = "kirotodo://today";
const client = await connected("typescript");
holds(client.getServerCapabilities().resources.subscribe, "resources can be subscribed to");
holds((await client.listTools()).tools.some((tool) => tool.name === "add_task"), "tools are listed");
await client.subscribeResource({ uri: today });
holds(!(await call(client, "add_task", { title: "Milk", due: "today" })).isError, "a task is added");
await until(() => updated.includes(today), "a subscriber is told");
holds((await call(client, "add_task", { title: "Milk", due: "today" })).structuredContent.repeated, "an equal call is one");
await call(client, "add_task", { title: "Bread" });
const ids = (await call(client, "list_tasks")).structuredContent.tasks.map((task) => task.id);
const other = await connected("another");
holds(!(await call(other, "delete_task", { task_ids: ids })).isError && asked === 1, "the user is asked, once");
const left = JSON.parse((await client.readResource({ uri: today })).contents[0].text);
holds(left.items.length === 0, "a resource is read");
holds(!(await call(other, "undo")).isError, "it is undone");
await client.unsubscribeResource({ uri: today });
await client.subscribeResource({ uri: "kirotodo://overdue" });
updated.length = 0;
await call(client, "add_task", { title: "Tea", due: "today" });
await until(() => updated.includes("kirotodo://overdue"), "another resource is told of");
const refused = await client.subscribeResource({ uri: "kirotodo://nothing" }).catch((error) => error.message);
holds(/no such resource/.test(refused), "an unknown resource is refused");
await other.close();
await client.close();
