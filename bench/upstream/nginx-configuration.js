import { bodies, item } from './answers.js';

/** @import { Certificate } from './certificate.js' */

/**
 * @typedef {object} Place
 * @property {string} folder where the files are, those that it serves and its own
 * @property {number} port
 * @property {number} securePort
 * @property {Certificate | undefined} certificate
 */

/** What nginx is told: one process, no log, nothing outside its folder, connections that stay. @param {Place} place */
export function configuration({ folder, port, securePort, certificate }) {
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile 8192;
events { worker_connections 4096; multi_accept on; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  keepalive_time 24h;
  keepalive_timeout 1h;
  open_file_cache max=10 inactive=1h;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  map $cookie_session $new_session { '' 'session=$request_id; Path=/'; default ''; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    ${certificate ? secure(certificate, securePort) : ''}
    root ${folder};
    default_type application/octet-stream;
    absolute_redirect off;
    location ~ ^/items/([0-9]+) { ${json()} }
    location ~ ^/cookies/([0-9]+) { add_header set-cookie $new_session; ${json()} }
    location ~ ^/moved/([0-9]+) { return 302 /items/$1; }
    location /lists/ { default_type application/json; gzip_static always; rewrite ^ /list.json break; }
    ${Object.keys(bodies)
      .map((name) => `location /${name}/ { rewrite ^ /${name}.bin break; }`)
      .join('\n    ')}
  }
}
`;
}

function json() {
  return `default_type application/json; return 200 '${item('$1', '$cookie_session')}';`;
}

/** @param {Certificate} certificate @param {number} port */
function secure({ cert, key }, port) {
  return `listen 127.0.0.1:${port} ssl backlog=4096; ssl_certificate ${cert}; ssl_certificate_key ${key};`;
}
