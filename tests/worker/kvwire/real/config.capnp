# A Worker whose namespaces are on our server: KV and ALIAS are the namespace "main", OTHER is another one.
# PORT is replaced by the port that our server listens on.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ( name = "worker", worker = .worker ),
    ( name = "main", external = ( address = "127.0.0.1:PORT", http = (
      injectRequestHeaders = [ ( name = "X-KV-Namespace", value = "main" ) ] ) ) ),
    ( name = "other", external = ( address = "127.0.0.1:PORT", http = (
      injectRequestHeaders = [ ( name = "X-KV-Namespace", value = "other" ) ] ) ) ),
  ],
  sockets = [ ( name = "http", address = "127.0.0.1:0", http = (), service = "worker" ) ],
);

const worker :Workerd.Worker = (
  modules = [ ( name = "worker.js", esModule = embed "worker.js" ) ],
  compatibilityDate = "2026-04-20",
  bindings = [
    ( name = "KV", kvNamespace = "main" ),
    ( name = "ALIAS", kvNamespace = "main" ),
    ( name = "OTHER", kvNamespace = "other" ),
    ( name = "EVALUATE", unsafeEval = void ),
  ],
);
