use chit_proto::media_capture::v1::{AttachGoodsRequest, AttachGoodsResponse};
use chit_runtime::error;
use tonic::{Code, Status};

use super::{Api, encode};
use crate::studio::Order;

const GOODS_BYTES_MAX: usize = 256 * 1024;
const MEDIA_TYPE_LEN_MAX: usize = 100;

impl Api {
    pub(super) async fn goods(&self, request: AttachGoodsRequest) -> Result<AttachGoodsResponse, Status> {
        let id = encode::recording_id(&request.recording_id)?;
        let AttachGoodsRequest { goods, media_type, .. } = request;
        if goods.is_empty() {
            return Err(error::bad_field("goods", "INVALID_GOODS", "send the goods' bytes"));
        }
        if goods.len() > GOODS_BYTES_MAX {
            return Err(error::status(
                Code::InvalidArgument,
                "GOODS_TOO_LARGE",
                "goods: use at most 256 KiB",
            ));
        }
        let plain = media_type.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !media_type.contains('/') || media_type.len() > MEDIA_TYPE_LEN_MAX || !plain {
            return Err(error::bad_field(
                "media_type",
                "INVALID_MEDIA_TYPE",
                "use one like application/protobuf",
            ));
        }
        let order = |reply| Order::Goods { id, goods, media_type, reply };
        let recording = self.0.studio.ask(order).await.map_err(encode::status)?;
        Ok(AttachGoodsResponse { recording: Some(encode::recording(&recording)) })
    }
}
