// Uploads one file with a client that somebody else wrote.
//
//   node upload.js ENDPOINT TOKEN FILE CASE SHA256 CHUNK [STOP_AFTER | URL]
//
// STOP_AFTER (bytes) ends the process hard once so much was acknowledged; URL
// goes on with an upload that was begun before. Prints the upload's URL.
const fs = require('fs')
const tus = require('tus-js-client')

const [endpoint, token, file, complaint, sha256, chunk, last] = process.argv.slice(2)
const stopAfter = /^\d+$/.test(last || '') ? Number(last) : Infinity

const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint,
  uploadUrl: /^http/.test(last || '') ? last : null,
  uploadSize: fs.statSync(file).size,
  chunkSize: Number(chunk),
  retryDelays: null,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { case: complaint, sha256 },
  onChunkComplete: (size, accepted) => {
    if (accepted >= stopAfter) {
      fs.writeSync(1, upload.url + '\n')
      process.kill(process.pid, 'SIGKILL')
    }
  },
  onError: (error) => {
    fs.writeSync(2, String(error) + '\n')
    process.exit(1)
  },
  onSuccess: () => fs.writeSync(1, upload.url + '\n'),
})
upload.start()
